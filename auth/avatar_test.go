package auth_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// halves is a picture with a red upper half over a blue lower one.
func halves(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{0, 0, 255, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 0, width, height/2), image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts an APP1 segment with an orientation and a place into a JPEG.
func withEXIF(picture []byte, orientation byte) []byte {
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00\x00GPS 52.5200N 13.4050E"
	segment := "Exif\x00\x00" + tiff
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, byte((len(segment) + 2) >> 8), byte(len(segment) + 2)}, segment...)
	return append(out, picture[2:]...)
}

// pngHeader is a PNG that says how large it is and holds next to nothing.
func pngHeader(width, height uint32, depth, colour byte) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(kind), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(ihdr, depth, colour, 0, 0, 0))
	chunk("IDAT", []byte("x\x9cc\x00\x00\x00\x01\x00\x01"))
	chunk("IEND", nil)
	return out
}

func jpegHeader(width, height uint16, progressive bool) []byte {
	sof := byte(0xC0)
	if progressive {
		sof = 0xC2
	}
	return []byte{0xFF, 0xD8, 0xFF, sof, 0, 17, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xFF, 0xDA}
}

// lyingWebP says on its canvas that it is small, and in its frame that it is huge.
func lyingWebP() []byte {
	frame := append([]byte{0x50, 0x42, 0x00, 0x9d, 0x01, 0x2a, 0xFF, 0x3F, 0xFF, 0x3F}, make([]byte, 30)...)
	body := []byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x09\x00\x00VP8 ")
	body = append(binary.LittleEndian.AppendUint32(body, uint32(len(frame))), frame...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

var bombs = []struct {
	name string
	data []byte
	code contracts.Code
}{
	{"a PNG of 65535²", pngHeader(65535, 65535, 8, 2), contracts.CodeInvalid},
	{"a PNG of 2³¹−1 pixels", pngHeader(1<<31-1, 1, 8, 2), contracts.CodeInvalid},
	{"a PNG one pixel too wide", pngHeader(12_001, 100, 8, 2), contracts.CodeInvalid},
	{"a PNG one row over 40 megapixels", pngHeader(8_000, 5_001, 8, 2), contracts.CodeInvalid},
	{"a PNG of 40 megapixels with 16 bits", pngHeader(8_000, 5_000, 16, 6), contracts.CodeInvalid},
	{"a PNG without pixels", pngHeader(0, 10, 8, 2), contracts.CodeInvalid},
	{"a GIF of 65535²", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"), contracts.CodeInvalid},
	{"a JPEG of 65535²", jpegHeader(65535, 65535, false), contracts.CodeInvalid},
	{"a progressive JPEG of 40 megapixels", jpegHeader(8_000, 5_000, true), contracts.CodeInvalid},
	{"a JPEG of ten thousand scans", append(jpegHeader(7_000, 5_000, true), bytes.Repeat([]byte{0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0}, 10_000)...), contracts.CodeInvalid},
	{"a WebP that lies about its size", lyingWebP(), contracts.CodeInvalid},
	{"a TIFF", []byte("II*\x00\x08\x00\x00\x00"), contracts.CodeMediaType},
	{"a BMP", []byte("BM\x00\x00\x00\x00"), contracts.CodeMediaType},
	{"an SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), contracts.CodeMediaType},
	{"HTML", []byte("<!doctype html><script>alert(1)</script>"), contracts.CodeMediaType},
	{"a PDF", []byte("%PDF-1.7"), contracts.CodeMediaType},
	{"an icon", []byte("\x00\x00\x01\x00\x01\x00"), contracts.CodeMediaType},
	{"nothing", nil, contracts.CodeMediaType},
	{"the first bytes of a PNG", []byte("\x89PNG\r\n\x1a\n"), contracts.CodeInvalid},
	{"a byte over 5 MiB", bytes.Repeat([]byte("\x89PNG\r\n\x1a\n"), (5<<20)/8+1), contracts.CodeTooLarge},
}

// used is the processor time of this process, which others on the machine do not change.
func used(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What a bomb costs is its upload: nothing is decoded. Not parallel, so that what is
// measured is its own.
func TestImageBombs(t *testing.T) {
	for _, b := range bombs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := used(t)
		_, _, err := auth.Square(t.Context(), b.data)
		took := used(t) - start
		runtime.ReadMemStats(&after)
		for tries := 0; took > 50*time.Millisecond && tries < 5; tries++ { // the runtime may tidy up once, not each time
			start = used(t)
			_, _, err = auth.Square(t.Context(), b.data)
			took = used(t) - start
		}
		if contracts.CodeOf(err) != b.code {
			t.Errorf("%s: got %v, want %s", b.name, err, b.code)
		}
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 1<<20 || took > 50*time.Millisecond {
			t.Errorf("%s: refused after %v and %d bytes of memory", b.name, took, bytes)
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	var animated bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 40, 40), color.Palette{color.RGBA{0, 0, 255, 255}, color.RGBA{255, 0, 0, 255}})
	for i := range 40 * 20 {
		frame.Pix[i] = 1
	}
	all := &gif.GIF{}
	for range 500 {
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 1)
	}
	if err := gif.EncodeAll(&animated, all); err != nil {
		t.Fatal(err)
	}
	transparent := halves(50, 50)
	draw.Draw(transparent, image.Rect(0, 0, 50, 50), image.NewUniform(color.RGBA{}), image.Point{}, draw.Src)
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	large := image.NewPaletted(image.Rect(0, 0, 8000, 5000), frame.Palette)
	for _, c := range []struct {
		name, mime string
		data       []byte
		top, left  bool // where red is: the upper half, or the left one; neither is not looked at
	}{
		{"a PNG", "image/jpeg", pngOf(t, halves(300, 200)), true, false},
		{"a small PNG", "image/jpeg", pngOf(t, halves(10, 10)), true, false},
		{"one pixel", "image/jpeg", pngOf(t, halves(1, 1)), false, false},
		{"a narrow one", "image/jpeg", pngOf(t, halves(2, 12_000)), false, false},
		{"one with transparent parts", "image/png", pngOf(t, transparent), false, false},
		{"a JPEG", "image/jpeg", jpegOf(t, halves(300, 200)), true, false},
		{"a JPEG of a camera held on its side", "image/jpeg", withEXIF(jpegOf(t, halves(300, 200)), 8), false, true},
		{"a JPEG upside down, mirrored", "image/jpeg", withEXIF(jpegOf(t, halves(300, 200)), 2), true, false},
		{"the first of an animation", "image/jpeg", animated.Bytes(), true, false},
		{"a WebP", "image/png", webp, false, false},
		{"40 megapixels", "image/jpeg", pngOf(t, large), false, false},
		{"one with a page behind it", "image/jpeg", append(pngOf(t, halves(20, 20)), "<script>alert(1)</script>PK\x03\x04"...), true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, mime, err := auth.Square(t.Context(), c.data)
			if err != nil {
				t.Fatal(err)
			}
			m, format, err := image.Decode(bytes.NewReader(got))
			if err != nil || "image/"+format != mime || m.Bounds() != image.Rect(0, 0, 256, 256) {
				t.Fatalf("%s %v %v, %v", mime, format, m.Bounds(), err)
			}
			if c.mime != "image/png" && mime != c.mime {
				t.Errorf("stored as %s", mime)
			}
			for _, trace := range []string{"Exif", "GPS", "script", "PK\x03\x04"} {
				if bytes.Contains(got, []byte(trace)) {
					t.Errorf("%q is still there", trace)
				}
			}
			red := func(x, y int) bool { r, _, b, _ := m.At(x, y).RGBA(); return r > 0xC000 && b < 0x4000 }
			if c.top && (!red(128, 20) || red(128, 236)) || c.left && (!red(20, 128) || red(236, 128)) {
				t.Errorf("turned: red at top %v, bottom %v, left %v, right %v", red(128, 20), red(128, 236), red(20, 128), red(236, 128))
			}
		})
	}
	// Damaged ones.
	whole := pngOf(t, halves(300, 200))
	for _, cut := range []int{30, len(whole) / 2, len(whole) - 20} {
		if _, _, err := auth.Square(t.Context(), whole[:cut]); contracts.CodeOf(err) != contracts.CodeInvalid {
			t.Errorf("cut off at %d: %v", cut, err)
		}
	}
}

func TestTwoPicturesAtOnce(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		release := w.OccupyPictures()
		_, err := w.SetAvatar(w.ctx, member, member.UserID, pngOf(t, halves(9, 9))) // who waits five seconds
		w.wants(err, contracts.ErrBusy)
		release()
		_, err = w.SetAvatar(w.ctx, member, member.UserID, pngOf(t, halves(9, 9)))
		w.must(err)
	})
}

func TestAvatars(t *testing.T) {
	each(t, func(w *world) {
		a, b, admin := w.user("member1", contracts.RoleMember), w.user("member2", contracts.RoleMember), w.user("admin1", contracts.RoleAdmin)
		stored := func() (n int) {
			w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM avatars`).Scan(&n))
			return n
		}
		_, err := w.Avatar(w.ctx, a.UserID)
		w.wants(err, contracts.ErrNotFound)
		head := w.head()
		picture := pngOf(t, halves(30, 30))
		u, err := w.SetAvatar(w.ctx, a, a.UserID, picture)
		w.must(err)
		got, err := w.Avatar(w.ctx, a.UserID)
		w.must(err)
		if want := "/api/v1/users/" + a.UserID + "/avatar?v=" + got.Hash[:16]; u.AvatarURL != want || len(got.Hash) != 64 || got.MIME != "image/jpeg" || len(got.Image) < 100 {
			t.Errorf("%q, %q %s %d bytes", u.AvatarURL, got.Hash, got.MIME, len(got.Image))
		}
		if evs := w.events(head); len(evs) != 1 || !strings.Contains(string(w.rendered(evs[0])), u.AvatarURL) {
			t.Errorf("events %+v", evs)
		}
		for range 2 { // the same picture again, and of another: stored once, told once
			_, err = w.SetAvatar(w.ctx, b, b.UserID, picture)
			w.must(err)
		}
		if stored() != 1 || len(w.types(head)) != 2 {
			t.Errorf("%d stored, events %v", stored(), w.types(head))
		}
		_, err = w.SetAvatar(w.ctx, a, a.UserID, pngOf(t, halves(31, 90)))
		w.must(err)
		if stored() != 2 {
			t.Errorf("%d stored: the picture that another still has, and the new one", stored())
		}
		u, err = w.RemoveAvatar(w.ctx, admin, b.UserID) // as an administrator may
		w.must(err)
		if u.AvatarURL != "" || stored() != 1 {
			t.Errorf("removed: %q, %d stored", u.AvatarURL, stored())
		}
		_, err = w.RemoveAvatar(w.ctx, b, b.UserID)
		w.must(err)
		_, err = w.SetAvatar(w.ctx, b, a.UserID, picture)
		w.wants(err, contracts.ErrForbidden)
		_, err = w.RemoveAvatar(w.ctx, b, a.UserID)
		w.wants(err, contracts.ErrForbidden)
		_, err = w.SetAvatar(w.ctx, contracts.Actor{}, a.UserID, picture)
		w.wants(err, contracts.ErrForbidden)
		_, err = w.SetAvatar(w.ctx, admin, contracts.NewID("usr"), picture)
		w.wants(err, contracts.ErrNotFound)
	})
}

// Whatever is sent, there is a picture or an error with a code, and never much memory
// for a header.
func FuzzSquare(f *testing.F) {
	for _, b := range bombs {
		if len(b.data) < 1<<16 {
			f.Add(b.data)
		}
	}
	f.Add(jpegOf(f, halves(8, 8)))
	f.Add(withEXIF(jpegOf(f, halves(8, 8)), 6))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, mime, err := auth.Square(t.Context(), data)
		var e *contracts.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error without a code: %v", err)
		}
		if err == nil {
			if m, _, bad := image.Decode(bytes.NewReader(out)); bad != nil || m.Bounds().Dx() != auth.AvatarSize {
				t.Errorf("%s: %v", mime, bad)
			}
		}
	})
}
