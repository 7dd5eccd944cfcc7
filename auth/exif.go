package auth

import (
	"bytes"
	"encoding/binary"
	"image"
)

// jpegHeader walks a JPEG's segments up to its first scan and returns the orientation
// that EXIF gives, 1 when it gives none, and the bytes of samples a pixel takes,
// rounded up; 4 when the file is not clear about it.
func jpegHeader(data []byte) (orientation int, samples int64) {
	orientation, samples = 1, 4
	frames := bytes.Count(data, []byte("\xff\xc0")) + bytes.Count(data, []byte("\xff\xc1")) + bytes.Count(data, []byte("\xff\xc2"))
	for at := 2; at+4 <= len(data) && data[at] == 0xFF; {
		marker, length := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xFF { // fill
			at++
			continue
		}
		if marker == 0xDA || length < 2 || at+2+length > len(data) {
			break
		}
		segment := data[at+4 : at+2+length]
		switch {
		case marker == 0xE1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")):
			orientation = exifOrientation(segment[6:])
		case marker >= 0xC0 && marker <= 0xC2 && frames == 1:
			samples = sampling(segment)
		}
		at += 2 + length
	}
	return orientation, samples
}

// sampling reads the sampling factors of a frame header (ITU-T T.81, B.2.2).
func sampling(frame []byte) int64 {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 4
	}
	sum, most := int64(0), int64(1)
	for i := range int(frame[5]) {
		factors := frame[6+3*i+1]
		area := int64(factors>>4) * int64(factors&15)
		sum, most = sum+area, max(most, area)
	}
	return min(max((sum+most-1)/most, 1), 4)
}

// exifOrientation reads tag 0x0112 of the first directory of a TIFF header.
func exifOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if len(tiff) < 8 {
		return 1
	}
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turned is a square as it is to be looked at, by EXIF's orientation.
func turned(in *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return in
	}
	n := in.Bounds().Dx() - 1
	out := image.NewRGBA(in.Bounds())
	for y := range n + 1 {
		for x := range n + 1 {
			fx, fy := x, y
			switch orientation {
			case 2:
				fx = n - x
			case 3:
				fx, fy = n-x, n-y
			case 4:
				fy = n - y
			case 5:
				fx, fy = y, x
			case 6:
				fx, fy = y, n-x
			case 7:
				fx, fy = n-y, n-x
			case 8:
				fx, fy = n-y, x
			}
			out.SetRGBA(x, y, in.RGBAAt(fx, fy))
		}
	}
	return out
}

// webpFrame is the size that a WebP's image has, which its canvas may deny.
func webpFrame(data []byte) (width, height int) {
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		chunk := data[at+8:]
		switch string(data[at : at+4]) {
		case "VP8 ":
			if len(chunk) >= 10 {
				return int(binary.LittleEndian.Uint16(chunk[6:]) & 0x3FFF), int(binary.LittleEndian.Uint16(chunk[8:]) & 0x3FFF)
			}
			return 0, 0
		case "VP8L":
			if len(chunk) >= 5 {
				bits := binary.LittleEndian.Uint32(chunk[1:])
				return int(bits&0x3FFF) + 1, int(bits>>14&0x3FFF) + 1
			}
			return 0, 0
		}
		if size < 0 || size > len(chunk) {
			return 0, 0
		}
		at += 8 + size + size&1
	}
	return 0, 0
}
