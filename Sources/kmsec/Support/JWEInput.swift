import KMJOSE
import KMJSON
import KMSecurity

/// What a person has at hand: a body, or the JWE alone.
enum JWEInput {
    /// The JWE's bytes.
    ///
    /// A bare one may have white space around it, which no JWE has itself.
    static func message(in input: [UInt8]) throws -> [UInt8] {
        let whiteSpace = Set(" \t\r\n".utf8)
        guard let first = input.firstIndex(where: { !whiteSpace.contains($0) }),
            let last = input.lastIndex(where: { !whiteSpace.contains($0) })
        else { throw KMError(.malformedBody, "standard input has white space alone; a body or a JWE is expected") }
        let isJSON = input[first] == UInt8(ascii: "{") || input[first] == UInt8(ascii: "[")
        return isJSON ? try EncryptedBody.message(of: input) : Array(input[first...last])
    }

    /// Whether a body is a whole message, or has fields that are encrypted.
    static func isEncrypted(_ body: [UInt8]) throws -> Bool {
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        return try (try? EncryptedBody.message(of: body)) != nil || !fields(in: body, policy: policy).isEmpty
    }

    /// An object or array that is open, and where in it the value at hand stands.
    private struct Level {
        let isObject: Bool
        var name = 0..<0
        var count = 0
    }

    /// The JWEs that are values of a JSON text, each with its normalized path, in the order of the text.
    ///
    /// What counts as one has five parts of base64url; that is all it is held against.
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
                    throw KMError(.limitExceeded, "more than \(Streams.limits.maximumFieldCount) JWEs")
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
                throw KMError(.limitExceeded, "a path of more than \(policy.maximumHeaderByteCount) bytes")
            }
        }
        return String(decoding: path, as: UTF8.self)
    }
}
