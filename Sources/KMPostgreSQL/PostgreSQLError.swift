#if PostgreSQL
/// A failure of a connection to PostgreSQL, or of a statement.
///
/// Its text contains no parameter of a statement and no part of a connection string.
package struct PostgreSQLError: Error, Sendable {
    /// The five characters of the SQLSTATE; nil if the server did not answer.
    package let sqlState: String?
    /// The primary message of the server, or of libpq without the texts that it quotes.
    package let message: String
    /// Whether the statement certainly had no effect.
    ///
    /// If it is false, the server may have committed the statement, or may still do so.
    package let hadNoEffect: Bool

    /// Creates an error.
    package init(_ message: String, sqlState: String? = nil, hadNoEffect: Bool = true) {
        (self.message, self.sqlState, self.hadNoEffect) = (message, sqlState, hadNoEffect)
    }

    /// Creates an error from a message of libpq, which can quote parts of a malformed connection string.
    ///
    /// The message of a server appears in full. It quotes only names of users, databases, tables and columns.
    init(libpqMessage text: String, hadNoEffect: Bool) {
        self.init(Self.withoutQuotations(text), hadNoEffect: hadNoEffect)
    }

    /// Removes what libpq quotes.
    ///
    /// A quoted text can contain a quotation mark, so everything between the first and the last mark of a line is
    /// removed.
    static func withoutQuotations(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            var line = String(line.drop(while: \.isWhitespace))
            for mark in ["FATAL:", "ERROR:"] {
                guard let range = line.ranges(of: mark).last else { continue }
                return String(line[range.upperBound...].drop { $0 == " " })
            }
            if let range = line.ranges(of: " failed: ").last { line = String(line[range.upperBound...]) }
            // Both names are quoted, so the words between them would be removed.
            if line.contains("does not match host name") { return "the certificate does not match the host's name" }
            guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\"") else { return line }
            return line[..<first] + "\"…\"" + line[line.index(after: last)...]
        }
        return lines.isEmpty ? "libpq gave no reason" : lines.prefix(3).joined(separator: "; ")
    }
}

extension PostgreSQLError: CustomStringConvertible {
    /// The SQLSTATE and the message.
    package var description: String { sqlState.map { "\($0): \(message)" } ?? message }
}
#endif
