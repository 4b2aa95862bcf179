package import KMPrimitives

/// A sender who holds the public key, as anyone may, and keeps to no rule: whatever header and plaintext it is given become
/// a message whose tag is right.
package struct ReferenceSealer {
    private let cipher: AESGCM
    private let encryptedKey: [UInt8]

    /// Draws a content key of 16 or 32 bytes.
    package init(to recipient: RSAPublicKey, keyByteCount: Int = 32) throws {
        let contentKey = try SecretBytes(randomCount: keyByteCount)
        cipher = try AESGCM(key: contentKey)
        encryptedKey = try recipient.encryptOAEP(contentKey)
    }

    /// A JWE compact serialization.
    package func jwe(header: [UInt8], plaintext: [UInt8]) throws -> [UInt8] {
        let associatedData = ReferenceBase64.url.encode(header)
        let iv = try SecureRandom.bytes(12)
        let (ciphertext, tag) = try cipher.seal(plaintext, iv: iv, associatedData: associatedData)
        let parts = [encryptedKey, iv, ciphertext, tag].map(ReferenceBase64.url.encode)
        return Array(([associatedData] + parts).joined(separator: Array(".".utf8)))
    }
}
