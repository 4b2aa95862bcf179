import KMPrimitives
import KMSecurity

/// Lines that are a PAN each, to lines that are its PAR.
struct PANLines: LineTransform {
    let tokenizer: PARTokenizer
    let digitCount: Int?
    let separators: PAN.Separators

    func append(_ line: Span<UInt8>, to output: inout SecretBuffer) throws {
        try ByteOrderMark.check(line, .panMalformed)
        // Files that come from elsewhere end their lines in CRLF.
        let isCarriageReturn = line.count > 0 && line[line.count - 1] == UInt8(ascii: "\r")
        try output.append(try par(of: isCarriageReturn ? line.extracting(droppingLast: 1) : line))
    }

    /// The PAR of a text that is a PAN.
    func par(of text: Span<UInt8>) throws -> PAR {
        switch separators {
        case .none: try tokenizer.par(forDigits: text, digitCount: digitCount)
        case .spacesAndHyphens: try tokenizer.par(for: PAN(text, digitCount: digitCount, separators: separators))
        }
    }
}

extension SecretBuffer {
    /// Appends a PAR's characters.
    mutating func append(_ par: PAR) throws {
        try par.withCharacters { try append(copying: $0) }
    }
}
