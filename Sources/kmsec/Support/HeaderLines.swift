import HTTPTypes
import KMSecurity

/// The header fields in lines of `Name: value`.
struct HeaderLines {
    /// The largest input, in bytes; HTTP servers accept less for the headers of a call.
    static let maximumByteCount = 256 << 10
    /// The largest number of lines that are not empty; `HTTPFields` ends the process at 65,535 headers.
    static let maximumLineCount = 1000

    private(set) var fields = HTTPFields()
    /// The errors of lines that are not headers.
    private(set) var faults: [String] = []

    /// The advice in errors about too much input.
    static let advice = "give the headers of one call"

    init(_ input: [UInt8]) throws {
        guard let text = String(validating: input, as: UTF8.self) else {
            throw KMError(.headerInvalid, "the headers are not UTF-8")
        }
        var count = 0
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            // Indented lines are accepted: a block of headers may have been copied with its indentation.
            let line = line.drop { $0 == " " || $0 == "\t" }
            guard !line.isEmpty else { continue }
            count += 1
            guard count <= Self.maximumLineCount else {
                throw KMError(
                    .limitExceeded,
                    "line \(index + 1): there must be at most \(Self.maximumLineCount) header lines; \(Self.advice)"
                )
            }
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                faults.append("line \(index + 1): expected Name: value")
                continue
            }
            let value = line[line.index(after: colon)...].trimming { $0 == " " || $0 == "\t" }
            // HTTPField would silently replace characters that are not allowed with spaces.
            guard HTTPField.isValidValue(String(value)) else {
                let name = MessageMasking.apply(to: name.rawName)
                faults.append("line \(index + 1): \(name) has a character that is not allowed in a header")
                continue
            }
            fields.append(HTTPField(name: name, value: String(value)))
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        let front = drop(while: isBlank)
        return front[..<(front.lastIndex { !isBlank($0) }.map(front.index(after:)) ?? front.startIndex)]
    }
}
