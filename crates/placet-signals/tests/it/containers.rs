//! The smallest files of each format that carry a packet.

/// Every container that can hold an XMP packet, with the packet in it.
pub(crate) fn all(packet: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("JPEG", jpeg(packet)),
        ("PNG", png(packet)),
        ("WebP", riff(b"WEBP", b"XMP ", packet)),
        ("WAV", riff(b"WAVE", b"_PMX", packet)),
        ("TIFF, little-endian", tiff(packet, false)),
        ("TIFF, big-endian", tiff(packet, true)),
        ("PDF", pdf(packet)),
        ("MP4", mp4(packet)),
        ("MP3", mp3(packet)),
        ("sidecar", packet.to_vec()),
    ]
}

fn jpeg(packet: &[u8]) -> Vec<u8> {
    let body = [b"http://ns.adobe.com/xap/1.0/\0", packet].concat();
    let len = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xE1".as_slice(), &len, &body, b"\xFF\xDA\0\x02\xFF\xD9"].concat()
}

fn png(packet: &[u8]) -> Vec<u8> {
    let data = [b"XML:com.adobe.xmp\0\0\0\0\0", packet].concat();
    let len = u32::try_from(data.len()).unwrap().to_be_bytes();
    let text = [len.as_slice(), b"iTXt", &data, b"CRC "].concat();
    [b"\x89PNG\r\n\x1A\n".as_slice(), b"\0\0\0\x02IHDRabCRC ", &text, b"\0\0\0\0IENDCRC "].concat()
}

fn riff(form: &[u8], name: &[u8], packet: &[u8]) -> Vec<u8> {
    let len = u32::try_from(packet.len()).unwrap().to_le_bytes();
    let pad: &[u8] = if packet.len() % 2 == 1 { b"\0" } else { b"" };
    let other = [b"fmt ".as_slice(), &3_u32.to_le_bytes(), b"abc\0"].concat();
    let body = [form, &other, name, &len, packet, pad].concat();
    [b"RIFF".as_slice(), &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

fn tiff(packet: &[u8], big: bool) -> Vec<u8> {
    let short = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let len = u32::try_from(packet.len()).unwrap();
    let head: &[u8] = if big { b"MM\0*" } else { b"II*\0" };
    let entry = [short(700).as_slice(), &short(1), &long(len), &long(26)].concat();
    [head, &long(8), &short(1), &entry, &long(0), packet].concat()
}

fn pdf(packet: &[u8]) -> Vec<u8> {
    let head = b"%PDF-1.7\n1 0 obj\n<< /Type /Metadata /Subtype /XML >>\nstream\n";
    [head.as_slice(), packet, b"\nendstream\nendobj\n%%EOF\n"].concat()
}

fn mp4(packet: &[u8]) -> Vec<u8> {
    const XMP: [u8; 16] =
        [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];
    let body = [XMP.as_slice(), packet].concat();
    let len = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
    [b"\0\0\0\x0Cftypisom".as_slice(), b"\0\0\0\x08moov", &len, b"uuid", &body].concat()
}

fn mp3(packet: &[u8]) -> Vec<u8> {
    let body = [b"XMP\0", packet].concat();
    let frame =
        [b"PRIV".as_slice(), &u32::try_from(body.len()).unwrap().to_be_bytes(), b"\0\0", &body].concat();
    let size = [21, 14, 7, 0].map(|shift| u8::try_from(frame.len() >> shift & 0x7F).unwrap());
    [b"ID3\x03\0\0".as_slice(), &size, &frame].concat()
}
