import KMPrimitives
import KMSecurity

/// Transforms lines that are PANs to lines that are their PARs.
struct PANLines: LineTransform {
    let tokenizer: PARTokenizer
    let digitCount: Int?
    let separators: PAN.Separators

    func append(_ line: Span<UInt8>, to output: inout SecretBuffer) throws {
        try ByteOrderMark.check(line, .panMalformed)
        // Files from other systems may end lines with CRLF.
        let isCarriageReturn = line.count > 0 && line[line.count - 1] == UInt8(ascii: "\r")
        try output.append(try par(of: isCarriageReturn ? line.extracting(droppingLast: 1) : line))
    }

    /// Derives the PAR of a text that is a PAN.
    func par(of text: Span<UInt8>) throws -> PAR {
        switch separators {
        case .none: try tokenizer.par(forDigits: text, digitCount: digitCount)
        case .spacesAndHyphens: try tokenizer.par(for: PAN(text, digitCount: digitCount, separators: separators))
        }
    }
}

extension SecretBuffer {
    /// Appends the characters of a PAR.
    mutating func append(_ par: PAR) throws {
        try par.withCharacters { try append(copying: $0) }
    }
}
