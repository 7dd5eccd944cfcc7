package auth

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime/debug"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"github.com/dankerchat/dankerchat/contracts"
)

// Limits of a picture.
const (
	MaxAvatarBytes = 5 << 20
	MaxPixels      = 40_000_000
	MaxSide        = 12_000
	AvatarSize     = 256 // pixels, both ways, of what is stored

	// maxScans bounds the work that a progressive JPEG of a few bytes can cause: encoders
	// make about ten scans, each of which walks over the whole image.
	maxScans = 64
	// decodeBytes is what all pictures that are decoded at one time may take together, and
	// eachBytes the least that one counts for: two at once.
	decodeBytes = 224 << 20
	eachBytes   = decodeBytes / 2
	decodeWait  = 5 * time.Second
)

// pictures decodes within bounds.
type pictures struct{ room *semaphore.Weighted }

func newPictures() *pictures { return &pictures{semaphore.NewWeighted(decodeBytes)} }

// square makes the picture that is stored of one that was sent.
func (p *pictures) square(ctx context.Context, data []byte) (encoded []byte, mime string, err error) {
	h, err := probe(data)
	if err != nil {
		return nil, "", err
	}
	waiting, stop := context.WithTimeout(ctx, decodeWait)
	defer stop()
	size := max(h.memory, eachBytes)
	if err := p.room.Acquire(waiting, size); err != nil {
		return nil, "", contracts.ErrBusy.With("too many pictures are being read at this moment").After(2)
	}
	defer p.room.Release(size)
	source, err := h.decode(bytes.NewReader(data))
	if err != nil || source.Bounds().Empty() {
		return nil, "", contracts.Invalid("/avatar", "the picture is damaged: it cannot be read")
	}
	small := image.NewRGBA(image.Rect(0, 0, AvatarSize, AvatarSize))
	draw.CatmullRom.Scale(small, small.Bounds(), source, middle(source.Bounds()), draw.Src, nil)
	if h.memory > 32<<20 { // rare; without this the process keeps it for minutes
		source = nil
		debug.FreeOSMemory()
	}
	return encodeSquare(turned(small, h.orientation))
}

// middle is the largest square in the middle of r.
func middle(r image.Rectangle) image.Rectangle {
	side := min(r.Dx(), r.Dy())
	at := r.Min.Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
}

// encodeSquare chooses PNG for what has transparent parts, else JPEG.
func encodeSquare(square *image.RGBA) ([]byte, string, error) {
	var out bytes.Buffer
	if square.Opaque() {
		if err := jpeg.Encode(&out, square, &jpeg.Options{Quality: 90}); err != nil {
			return nil, "", fmt.Errorf("encode picture: %w", err)
		}
		return out.Bytes(), "image/jpeg", nil
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, square); err != nil {
		return nil, "", fmt.Errorf("encode picture: %w", err)
	}
	return out.Bytes(), "image/png", nil
}

// header is what a picture says about itself before it is decoded.
type header struct {
	width, height int
	memory        int64 // that decoding and scaling take, in bytes
	orientation   int   // of EXIF, 1–8
	decode        func(*bytes.Reader) (image.Image, error)
}

// probe looks at a picture's first bytes and refuses what must not be decoded.
func probe(data []byte) (header, error) {
	unknown := &contracts.Error{Code: contracts.CodeMediaType, Message: "this is no picture that can be used", Hint: "Send a PNG, JPEG, GIF or WebP.", Field: "/avatar"}
	if len(data) > MaxAvatarBytes {
		return header{}, contracts.ErrTooLarge.With("the picture is larger than 5 MiB").At("/avatar")
	}
	h := header{orientation: 1}
	var cfg image.Config
	var err error
	perPixel := int64(4) // bytes
	r := bytes.NewReader(data)
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		h.decode = func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }
		cfg, err = png.DecodeConfig(r)
		if cfg.ColorModel == color.NRGBA64Model || cfg.ColorModel == color.RGBA64Model {
			perPixel = 8
		}
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		h.decode = func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }
		cfg, err = jpeg.DecodeConfig(r)
		if scans := bytes.Count(data, []byte("\xff\xda")); scans > maxScans {
			return header{}, contracts.Invalid("/avatar", "the picture has too many scans").WithHint("Save it as a baseline JPEG.")
		}
		var samples int64
		h.orientation, samples = jpegHeader(data)
		perPixel = samples
		if bytes.Contains(data, []byte("\xff\xc2")) { // progressive: coefficients of 4 bytes are kept
			perPixel = 5 * samples
		}
	case bytes.HasPrefix(data, []byte("GIF8")):
		h.decode = func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) } // stops after the first image
		cfg, err = gif.DecodeConfig(r)
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		h.decode = func(r *bytes.Reader) (image.Image, error) { return webp.Decode(r) }
		cfg, err = webp.DecodeConfig(r)
		if w, ht := webpFrame(data); err == nil && (w != cfg.Width || ht != cfg.Height) {
			return header{}, contracts.Invalid("/avatar", "the picture has another size than it says")
		}
	default:
		return header{}, unknown
	}
	if err != nil {
		return header{}, contracts.Invalid("/avatar", "the picture is damaged: it cannot be read")
	}
	h.width, h.height = cfg.Width, cfg.Height
	pixels := int64(h.width) * int64(h.height)
	if h.width < 1 || h.height < 1 || h.width > MaxSide || h.height > MaxSide || pixels > MaxPixels {
		return header{}, contracts.Invalid("/avatar", fmt.Sprintf("the picture has %d×%d pixels: at most 40 megapixels and 12,000 on a side", h.width, h.height)).WithHint("Make it smaller.")
	}
	scaling := int64(AvatarSize) * int64(min(h.width, h.height)) * 32 // x/image/draw's rows of four float64
	if h.memory = pixels*perPixel + scaling; h.memory > decodeBytes {
		return header{}, contracts.Invalid("/avatar", "the picture takes too much memory to read").WithHint("Make it smaller, or save it with 8 bits a channel.")
	}
	return h, nil
}
