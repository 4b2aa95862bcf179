package import KMPrimitives

/// A sender that follows no rules and makes messages with a valid tag from any header and plaintext.
///
/// It needs only the public key, like any attacker.
package struct ReferenceSealer {
    private let cipher: AESGCM
    private let encryptedKey: [UInt8]

    /// Generates a content encryption key (CEK) of 16 or 32 bytes.
    package init(to recipient: RSAPublicKey, keyByteCount: Int = 32) throws {
        let contentKey = try SecretBytes(randomCount: keyByteCount)
        cipher = try AESGCM(key: contentKey)
        encryptedKey = try recipient.encryptOAEP(contentKey)
    }

    /// Returns a JWE compact serialization.
    package func jwe(header: [UInt8], plaintext: [UInt8]) throws -> [UInt8] {
        let associatedData = ReferenceBase64.url.encode(header)
        let iv = try SecureRandom.bytes(12)
        let (ciphertext, tag) = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        let parts = [encryptedKey, iv, ciphertext, tag].map(ReferenceBase64.url.encode)
        return Array(([associatedData] + parts).joined(separator: Array(".".utf8)))
    }
}
