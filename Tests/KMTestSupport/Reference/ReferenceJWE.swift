internal import KMPrimitives

/// A JWE compact serialization, checked by the rules of `jwe-decrypt` under the policy `standard`.
struct ReferenceJWE {
    /// The encoded first part, which is the associated data.
    let associatedData: [UInt8]
    /// The header's members by name; duplicate names are rejected.
    let header: [[UInt16]: ReferenceJSON]
    let encryptedKey: [UInt8]
    let iv: [UInt8]
    let ciphertext: [UInt8]
    let tag: [UInt8]

    /// The string value of a member, by its ASCII name.
    subscript(name: String) -> [UInt16]? { header[Array(name.utf16)]?.text }

    private func has(_ name: String) -> Bool { header[Array(name.utf16)] != nil }

    /// The size of the content encryption key (CEK), in bytes.
    var keyByteCount: Int { self["enc"] == Array("A128GCM".utf16) ? 16 : 32 }

    /// Applies rules 1 to 5.
    init(_ text: [UInt8], keyID: String) throws {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 5, !parts[0].isEmpty else { throw ReferenceRejection("malformedJWE") }
        guard parts[0].count <= 5462 else { throw ReferenceRejection("limitExceeded") }
        let bytes = try parts.map { part in
            guard let bytes = ReferenceBase64.url.decode(part) else { throw ReferenceRejection("malformedJWE") }
            return bytes
        }
        (associatedData, encryptedKey, iv, ciphertext, tag) = (parts[0], bytes[1], bytes[2], bytes[3], bytes[4])
        guard !encryptedKey.isEmpty, iv.count == 12, tag.count == 16 else { throw ReferenceRejection("malformedJWE") }
        header = try Self.header(bytes[0])
        guard !has("crit"), !has("zip") else { throw ReferenceRejection("algorithmNotAllowed") }
        guard let algorithm = self["alg"], let encryption = self["enc"],
            !has("kid") || self["kid"] != nil, !has("cty") || self["cty"] != nil
        else { throw ReferenceRejection("malformedHeader") }
        guard algorithm == Array("RSA-OAEP-256".utf16),
            ["A128GCM", "A256GCM"].contains(where: { Array($0.utf16) == encryption })
        else { throw ReferenceRejection("algorithmNotAllowed") }
        guard self["kid"] == nil || self["kid"] == Array(keyID.utf16) else { throw ReferenceRejection("keyIDMismatch") }
    }

    private static func header(_ text: [UInt8]) throws -> [[UInt16]: ReferenceJSON] {
        guard text.count <= 4096 else { throw ReferenceRejection("limitExceeded") }
        let value: ReferenceJSON
        do {
            value = try ReferenceJSON(text, maximumDepth: 16)
        } catch let rejection as ReferenceRejection {
            throw rejection.code == "malformedJSON" ? ReferenceRejection("malformedHeader") : rejection
        }
        guard case .object(let members) = value.content else { throw ReferenceRejection("malformedHeader") }
        guard members.count <= 32 else { throw ReferenceRejection("limitExceeded") }
        var header: [[UInt16]: ReferenceJSON] = [:]
        for (name, value) in members {
            guard name.wholeText != nil, value.text == nil || value.text?.wholeText != nil,
                header.updateValue(value, forKey: name) == nil
            else { throw ReferenceRejection("malformedHeader") }
        }
        return header
    }

    /// Applies the first part of rule 6, and returns the CEK.
    func contentKey(with privateKey: RSAPrivateKey) throws -> [UInt8] {
        guard encryptedKey.count == privateKey.byteCount,
            let key = try? privateKey.decryptOAEP(encryptedKey.span), key.count == keyByteCount
        else { throw ReferenceRejection("authenticationFailed") }
        return key.exposed
    }

    /// Applies the second part of rule 6, and returns the plaintext.
    func plaintext(under contentKey: [UInt8]) throws -> [UInt8] {
        let cipher = try AESGCM(key: SecretBytes(copying: contentKey))
        guard let plaintext = try? cipher.open(ciphertext, tag: tag, iv: iv, associatedData: associatedData) else {
            throw ReferenceRejection("authenticationFailed")
        }
        return plaintext
    }
}
