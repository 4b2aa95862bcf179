/// A compressed file format, recognized by the first bytes of the file.
enum CompressedFormat: String, CaseIterable {
    case bzip2, compress, gzip, lz4, lzip, lzop, rar, sevenZip, snappy, xz, zip, zstandard

    /// The number of bytes that are needed to recognize any format.
    static let signatureByteCount = 10

    /// The possible first bytes of a file in this format.
    private var signatures: [[UInt8]] {
        switch self {
        // After the level, 1 to 9, comes the magic number of a block or of the end of the file.
        case .bzip2:
            (UInt8(ascii: "1")...UInt8(ascii: "9")).flatMap { level in
                [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]].map {
                    Array("BZh".utf8) + [level] + $0
                }
            }
        case .compress: [[0x1F, 0x9D]]
        case .gzip: [[0x1F, 0x8B, 0x08]]
        case .lz4: [[0x04, 0x22, 0x4D, 0x18]]
        case .lzip: [Array("LZIP\u{1}".utf8)]
        case .lzop: [[0x89] + Array("LZO\0\r\n\u{1A}\n".utf8)]
        case .rar: [Array("Rar!\u{1A}\u{7}".utf8)]
        case .sevenZip: [[0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]]
        case .snappy: [[0xFF, 0x06, 0x00, 0x00] + Array("sNaPpY".utf8)]
        case .xz: [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]]
        case .zip: [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06], [0x50, 0x4B, 0x07, 0x08]]
        case .zstandard: [[0x28, 0xB5, 0x2F, 0xFD]]
        }
    }

    private static let all = allCases.flatMap { format in format.signatures.map { (format, $0) } }

    /// Recognizes the format of a file by its first bytes; nil if it is not compressed in one of these formats.
    init?(of beginning: ArraySlice<UInt8>) {
        guard let format = Self.all.first(where: { beginning.starts(with: $0.1) })?.0 else { return nil }
        self = format
    }

    /// The usual name of the format.
    var name: String { self == .sevenZip ? "7z" : rawValue }
}
