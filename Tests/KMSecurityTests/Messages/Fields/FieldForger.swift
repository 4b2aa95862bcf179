import KMJOSE
import KMSecurityTestSupport

@testable import KMSecurity

/// A hostile sender that has only the public key, and can write any header and any plaintext.
struct FieldForger {
    let key: JWEContentKey

    init(_ encryption: ContentEncryptionAlgorithm = .a256GCM) throws {
        key = try JWEContentKey(generating: encryption, for: FieldFixture.pair.publicKey)
    }

    /// Returns a header as the package writes it, with `changes` applied to its members; nil removes a member.
    static func header(_ path: String, _ changes: KeyValuePairs<String, String?> = [:]) throws -> String {
        var members: [(String, String?)] = [
            ("alg", #""RSA-OAEP-256""#), ("enc", #""A256GCM""#), ("kid", #""\#(try FieldFixture.id.text)""#),
            ("cty", #""json""#), ("path", #""\#(path)""#),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            members.append((name, value))
        }
        let texts = members.compactMap { name, value in value.map { #""\#(name)":\#($0)"# } }
        return "{" + texts.joined(separator: ",") + "}"
    }

    func message(_ header: String, _ plaintext: String) throws -> String {
        try message(header, Array(plaintext.utf8))
    }

    func message(_ header: String, _ plaintext: [UInt8]) throws -> String {
        let header = Array(Base64.url.encode(Array(header.utf8)).utf8)
        var message = [UInt8](repeating: 0, count: key.sealedByteCount(plaintext.count, headerCount: header.count))
        var text = message.mutableSpan
        _ = try key.seal(plaintext.span, header: header.span, into: &text, at: 0)
        return message.text
    }

    /// Returns a body with one field, at `$.a`.
    func body(
        _ changes: KeyValuePairs<String, String?> = [:],
        _ plaintext: String = #""9491339401250765""#
    ) throws -> [UInt8] {
        Array(#"{"a":"\#(try message(Self.header("$['a']", changes), plaintext))"}"#.utf8)
    }
}
