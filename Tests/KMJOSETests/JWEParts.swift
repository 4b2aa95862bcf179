import KMJOSE
import KMPrimitives
import KMTestSupport

/// A JWE made from the primitives, with any header and any parts.
///
/// It is a second implementation of RFC 7516 section 5.1, and tests make forged messages with it.
struct JWEParts {
    static let gateway = #"{"alg":"RSA-OAEP-256","enc":"A128GCM"}"#

    // The parts as bytes, before base64url encoding.
    var header: [UInt8]
    var encryptedKey: [UInt8]
    var iv: [UInt8]
    var ciphertext: [UInt8]
    var tag: [UInt8]

    /// Encrypts `plaintext` to `recipient` under a content encryption key (CEK) of `keyByteCount` bytes.
    init(
        header: String = gateway,
        plaintext: [UInt8] = #"{"a":1}"#.bytes,
        to recipient: RSAPublicKey,
        keyByteCount: Int = 16
    ) throws {
        try self.init(header: header.bytes, plaintext: plaintext, key: SecretBytes(randomCount: keyByteCount)) {
            try recipient.encryptOAEP($0)
        }
    }

    init(header: [UInt8], plaintext: [UInt8], key: SecretBytes, wrap: (SecretBytes) throws -> [UInt8]) throws {
        self.header = header
        encryptedKey = try wrap(key)
        iv = try SecureRandom.bytes(12)
        let sealed = try AESGCM(key: key).seal(plaintext, iv: iv, associatedData: Base64.url.encode(header).bytes)
        (ciphertext, tag) = (sealed.ciphertext, sealed.tag)
    }

    /// Splits a message into its parts, or returns nil if it is not a compact serialization.
    init?(_ message: [UInt8]) {
        let texts = message.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        let parts = texts.compactMap { Base64.url.decode($0.span) }
        guard texts.count == 5, parts.count == 5 else { return nil }
        (header, encryptedKey, iv, ciphertext, tag) = (parts[0], parts[1], parts[2], parts[3], parts[4])
    }

    var bytes: [[UInt8]] { [header, encryptedKey, iv, ciphertext, tag] }

    var texts: [String] { bytes.map(Base64.url.encode) }

    var message: [UInt8] { texts.joined(separator: ".").bytes }

    /// Decrypts the message as RFC 7516 section 5.2 describes.
    func open(with pair: RSAPrivateKey) throws -> [UInt8] {
        let cipher = try AESGCM(key: pair.decryptOAEP(encryptedKey))
        return try cipher.open(ciphertext, tag: tag, iv: iv, associatedData: texts[0].bytes)
    }
}

extension JWEDecryptor {
    init(policy: JWEPolicy = .standard) throws {
        self.init(with: try TestKeys.first(), policy: policy)
    }
}

extension JWEEncryptor {
    init(_ header: JWEHeader) throws {
        try self.init(to: try TestKeys.first().publicKey, header: header)
    }
}
