import Foundation
import KMSecurity

extension Streams {
    /// All of standard input, of which no more than `limit` bytes are accepted.
    ///
    /// - Throws: ``KMError`` `limitExceeded` as soon as there is more, with `advice`; `fileUnreadable`.
    static func readAll(limit: Int, advice: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try readParts(of: "-") { part in
            guard bytes.count + part.count <= limit else {
                throw KMError(.limitExceeded, "standard input must have at most \(limit) bytes; \(advice)")
            }
            bytes += part
        }
        return bytes
    }
}
