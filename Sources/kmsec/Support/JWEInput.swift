import KMCommandLine
import KMJOSE
import KMJSON
import KMSecurity

/// Reads input that is a body or a JWE alone.
enum JWEInput {
    /// Returns the bytes of the JWE.
    ///
    /// White space around a JWE alone is removed.
    ///
    /// - Parameter input: A body, or a JWE alone.
    /// - Returns: The JWE compact serialization.
    /// - Throws: ``KMError`` `malformedBody`, `malformedJSON` or `protectionRequired`.
    static func message(in input: [UInt8]) throws -> [UInt8] {
        let whiteSpace = Set(" \t\r\n".utf8)
        guard let first = input.firstIndex(where: { !whiteSpace.contains($0) }),
            let last = input.lastIndex(where: { !whiteSpace.contains($0) })
        else { throw KMError(.malformedBody, "the input has only white space; a body or a JWE is expected") }
        let isJSON = input[first] == UInt8(ascii: "{") || input[first] == UInt8(ascii: "[")
        return isJSON ? try EncryptedBody.message(of: input) : Array(input[first...last])
    }

    /// Returns whether a body is a whole encrypted message or has encrypted fields.
    static func isEncrypted(_ body: [UInt8]) throws -> Bool {
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        return try (try? EncryptedBody.message(of: body)) != nil || !fields(in: body, policy: policy).isEmpty
    }

    /// An enclosing object or array, with the position of the current value in it.
    private struct Level {
        let isObject: Bool
        var name = 0..<0
        var count = 0
    }

    /// Finds the JWEs among the values of a JSON text, in the order of the text.
    ///
    /// Any string of five base64url parts counts as a JWE.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - policy: The size limits.
    /// - Returns: The JWEs, each with its normalized path.
    /// - Throws: ``KMError`` `malformedJSON` or `limitExceeded`.
    static func fields(in body: [UInt8], policy: JWEPolicy) throws -> [(path: String, message: [UInt8])] {
        var found: [(path: String, message: [UInt8])] = []
        var scanner = JSONScanner()
        var levels: [Level] = []
        while true {
            let token = try scanner.next(in: body.span)
            if let last = levels.indices.last, !levels[last].isObject, token != .arrayEnd { levels[last].count += 1 }
            switch token {
            case .end: return found
            case .objectStart, .arrayStart: levels.append(Level(isObject: token == .objectStart))
            case .objectEnd, .arrayEnd: levels.removeLast()
            case .name: levels[levels.count - 1].name = scanner.range
            case .string:
                let text = JSONString.unescaped(body.span, scanner.range)
                guard (try? JWECompact(decoding: text.span, policy: policy)) != nil else { continue }
                guard found.count < Streams.limits.maximumFieldCount else {
                    let limit = Streams.limits.maximumFieldCount
                    throw KMError(.limitExceeded, "the body must have at most \(limit) JWEs; it has more")
                }
                found.append((try path(levels, body.span, policy), text))
            case .number, .true, .false, .null: continue
            }
        }
    }

    private static func path(_ levels: [Level], _ body: Span<UInt8>, _ policy: JWEPolicy) throws -> String {
        var path = Array("$".utf8)
        for level in levels {
            if level.isObject {
                NormalizedPath.append(name: JSONString.unescaped(body, level.name).span, to: &path)
            } else {
                NormalizedPath.append(index: level.count - 1, to: &path)
            }
            guard path.count <= policy.maximumHeaderByteCount else {
                let limit = policy.maximumHeaderByteCount
                throw KMError(.limitExceeded, "a path must have at most \(limit) bytes; one is longer")
            }
        }
        return String(decoding: path, as: UTF8.self)
    }
}
