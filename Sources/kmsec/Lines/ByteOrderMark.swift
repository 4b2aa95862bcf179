import KMPrimitives
import KMSecurity

/// The byte order mark, which some editors write before the first line of a text.
enum ByteOrderMark {
    /// Rejects a line that begins with a byte order mark.
    ///
    /// The error names the mark, because editors do not show it.
    ///
    /// - Parameters:
    ///   - line: A line of text.
    ///   - code: The code of the error.
    /// - Throws: ``KMError`` with that code.
    static func check(_ line: Span<UInt8>, _ code: KMError.Code) throws {
        guard line.count > 1, line[0] >= 0xEF else { return }
        if line.count > 2, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF {
            throw KMError(code, "the line begins with a byte order mark (EF BB BF); save the file as UTF-8 without one")
        }
        if line[0] == 0xFF && line[1] == 0xFE || line[0] == 0xFE && line[1] == 0xFF {
            throw KMError(code, "the line begins with the byte order mark of UTF-16; save the file as UTF-8")
        }
    }
}
