/// A value of RESP2, the protocol in which Redis and Valkey answer.
package enum RESPValue: Sendable, Hashable {
    /// A short text, such as OK.
    case simple(String)
    /// An error, which begins with its kind in capital letters.
    case error(String)
    /// A number.
    case integer(Int64)
    /// Bytes.
    case bulk([UInt8])
    /// No value: the null bulk string or the null array.
    case null
    /// A list of values.
    case array([RESPValue])

    /// The bytes of a bulk string as text; nil for every other value.
    package var text: String? {
        guard case .bulk(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The kind of an error, such as OOM or NOPERM; nil for every other value.
    ///
    /// Only capital letters are part of it, so that no text of the server reaches a log.
    package var errorKind: String? {
        guard case .error(let text) = self else { return nil }
        let kind = text.prefix(24).prefix { ("A"..."Z").contains($0) }
        return kind.isEmpty ? "ERR" : String(kind)
    }
}
