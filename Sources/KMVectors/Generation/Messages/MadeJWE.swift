internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// A content key of a JWE with its encrypted form.
struct MadeContentKey {
    /// What it encrypts with: A128GCM or A256GCM.
    let enc: String
    let bytes: [UInt8]
    let encrypted: [UInt8]

    /// A key and a seed of OAEP from `seeded`.
    init(_ enc: String, to key: MadeKey, _ seeded: SeededBytes) throws {
        self.enc = enc
        bytes = try seeded.bytes(enc == "A256GCM" ? 32 : 16, "content key")
        encrypted = try Self.encrypt(bytes, to: key, seeded)
    }

    /// This key with another encrypted form.
    init(_ key: MadeContentKey, encrypted: [UInt8]) {
        enc = key.enc
        bytes = key.bytes
        self.encrypted = encrypted
    }

    /// RSAES-OAEP with the seed that `seeded` gives.
    static func encrypt(
        _ message: [UInt8],
        to key: MadeKey,
        _ seeded: SeededBytes,
        label: [UInt8] = [],
        firstByte: UInt8 = 0
    ) throws -> [UInt8] {
        let exponentiation = try key.exponentiation()
        let seed = try seeded.bytes(32, "seed of OAEP")
        var encoded = try OAEPEncoding.encode(message, seed: seed, byteCount: exponentiation.byteCount, label: label)
        encoded[0] = firstByte
        return exponentiation.power(encoded)
    }
}

/// A JWE's protected header, its members in their order.
struct MadeHeader {
    /// A member: the name as it is, and the value's JSON text.
    var members: [(name: String, value: String)]

    /// As a sender of this protocol writes it for a message.
    static func message(_ enc: String, kid: String?) -> MadeHeader {
        var header = MadeHeader(members: [("alg", "\"RSA-OAEP-256\""), ("enc", "\"\(enc)\"")])
        if let kid { header.members.append(("kid", "\"\(kid)\"")) }
        return header
    }

    /// As a sender of this protocol writes it for a field.
    static func field(_ enc: String, kid: String, path: String, cid: String?) -> MadeHeader {
        var header = message(enc, kid: kid)
        header.members += [("cty", "\"json\""), ("path", quoted(path))]
        if let cid { header.members.append(("cid", "\"\(cid)\"")) }
        return header
    }

    /// The JSON, without white space.
    var json: String {
        "{\(members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ","))}"
    }

    /// The value's JSON text.
    func value(_ name: String) -> String? { members.first { $0.name == name }?.value }

    /// This header with another value of a member, which comes last where it was not there; nil takes it away.
    func with(_ name: String, _ value: String?) -> MadeHeader {
        var header = self
        guard let index = members.firstIndex(where: { $0.name == name }) else {
            if let value { header.members.append((name, value)) }
            return header
        }
        if let value { header.members[index].value = value } else { header.members.remove(at: index) }
        return header
    }

    /// A text as a JSON string.
    static func quoted(_ text: String) -> String {
        var json: [UInt8] = []
        JSONString.append(text, to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}

/// A JWE that is not encrypted yet.
struct JWEDraft {
    var header: MadeHeader
    var plaintext: [UInt8]
    var key: MadeContentKey
    var iv: [UInt8]

    /// The JWE, with another text for a header where one is given.
    func made(header json: String? = nil) throws -> MadeJWE {
        let header = Array((json ?? header.json).utf8)
        let sealed = try AESGCM(key: SecretBytes(copying: key.bytes)).seal(
            plaintext.span,
            iv: iv.span,
            associatedData: Array(Base64.url.encode(header).utf8).span
        )
        return MadeJWE(parts: [header, key.encrypted, iv, sealed.ciphertext, sealed.tag])
    }
}

/// A JWE of five parts, as bytes.
struct MadeJWE {
    /// Header, encrypted key, initialization vector, ciphertext, tag.
    var parts: [[UInt8]]

    static let partNames = ["header", "encrypted key", "IV", "ciphertext", "tag"]
    static let header = 0
    static let encryptedKey = 1
    static let iv = 2
    static let ciphertext = 3
    static let tag = 4

    /// The parts in base64url.
    var encoded: [String] { parts.map(Base64.url.encode) }

    /// The compact serialization.
    var text: String { encoded.joined(separator: ".") }
}
