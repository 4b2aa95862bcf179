internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// A content encryption key (CEK) with its encrypted form.
package struct GeneratedContentKey: Sendable {
    /// The algorithm that uses the key: A128GCM or A256GCM.
    package let enc: String
    /// The key.
    package let bytes: [UInt8]
    /// The key, encrypted to the recipient.
    package let encrypted: [UInt8]

    /// Creates a key, and encrypts it to `key`, with random values from `seeded`.
    package init(_ enc: String, to key: some RSARecipient, _ seeded: SeededBytes) throws {
        self.enc = enc
        bytes = try seeded.bytes(enc == "A256GCM" ? 32 : 16, "content key")
        encrypted = try OAEPEncryption.encrypt(bytes, to: key, seeded)
    }

    /// Creates a key from its parts.
    package init(enc: String, bytes: [UInt8], encrypted: [UInt8]) {
        (self.enc, self.bytes, self.encrypted) = (enc, bytes, encrypted)
    }

    /// Creates a copy of `key` with another encrypted form.
    package init(_ key: GeneratedContentKey, encrypted: [UInt8]) {
        enc = key.enc
        bytes = key.bytes
        self.encrypted = encrypted
    }
}

/// The protected header of a JWE, with its members in order.
package struct HeaderDraft: Sendable {
    /// The members: each has its unescaped name and the JSON text of its value.
    package var members: [(name: String, value: String)]

    /// Returns the header that a sender writes for a message.
    package static func message(_ enc: String, kid: String?) -> HeaderDraft {
        var header = HeaderDraft(members: [("alg", "\"RSA-OAEP-256\""), ("enc", "\"\(enc)\"")])
        if let kid { header.members.append(("kid", "\"\(kid)\"")) }
        return header
    }

    /// Returns the header that a sender writes for a field.
    package static func field(_ enc: String, kid: String, path: String, cid: String?) -> HeaderDraft {
        var header = message(enc, kid: kid)
        header.members += [("cty", "\"json\""), ("path", quoted(path))]
        if let cid { header.members.append(("cid", "\"\(cid)\"")) }
        return header
    }

    /// The JSON text, without white space.
    package var json: String {
        "{\(members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ","))}"
    }

    /// Returns the JSON text of a member's value.
    package func value(_ name: String) -> String? { members.first { $0.name == name }?.value }

    /// Returns a copy of the header in which a member has another value.
    ///
    /// A new member is added at the end. The value nil removes the member.
    package func with(_ name: String, _ value: String?) -> HeaderDraft {
        var header = self
        guard let index = members.firstIndex(where: { $0.name == name }) else {
            if let value { header.members.append((name, value)) }
            return header
        }
        if let value { header.members[index].value = value } else { header.members.remove(at: index) }
        return header
    }

    /// Returns a text as a JSON string, with quotes and escapes.
    package static func quoted(_ text: String) -> String {
        var json: [UInt8] = []
        JSONString.append(text, to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}

/// A JWE before encryption.
package struct JWEDraft: Sendable {
    /// The protected header.
    package var header: HeaderDraft
    /// The content.
    package var plaintext: [UInt8]
    /// The content encryption key (CEK).
    package var key: GeneratedContentKey
    /// The initialization vector.
    package var iv: [UInt8]

    /// Creates a draft.
    package init(header: HeaderDraft, plaintext: [UInt8], key: GeneratedContentKey, iv: [UInt8]) {
        (self.header, self.plaintext, self.key, self.iv) = (header, plaintext, key, iv)
    }

    /// Encrypts the draft; `json`, if given, replaces the JSON text of the header.
    package func encrypted(header json: String? = nil) throws -> JWEParts {
        let header = Array((json ?? header.json).utf8)
        let sealed = try AESGCM(key: SecretBytes(copying: key.bytes)).seal(
            plaintext.span,
            iv: iv.span,
            associatedData: Array(Base64.url.encode(header).utf8).span
        )
        return JWEParts(parts: [header, key.encrypted, iv, sealed.ciphertext, sealed.tag])
    }
}

/// An encrypted JWE as its five decoded parts.
package struct JWEParts: Sendable {
    /// The header, encrypted key, initialization vector, ciphertext and tag, in this order.
    package var parts: [[UInt8]]

    package static let partNames = ["header", "encrypted key", "IV", "ciphertext", "tag"]
    package static let header = 0
    package static let encryptedKey = 1
    package static let iv = 2
    package static let ciphertext = 3
    package static let tag = 4

    /// The parts in base64url.
    package var encoded: [String] { parts.map(Base64.url.encode) }

    /// The compact serialization.
    package var text: String { encoded.joined(separator: ".") }
}
