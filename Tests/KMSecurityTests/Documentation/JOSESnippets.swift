import KMJOSE

/// The Swift block of KMJOSE's page, exact but for its indentation.
enum JOSESnippets {
    static func exchange() throws -> (header: JWEHeader, sent: JWEHeader, plaintext: [UInt8]) {
        let pair = try RSAPrivateKey.generate()
        let header = JWEHeader(encryption: .a256GCM, keyID: "2026-11", contentType: "json")
        let encryptor = try JWEEncryptor(to: pair.publicKey, header: header)
        let message = try encryptor.encrypt(Array(#"{"userId":50000104652}"#.utf8))

        let decryptor = JWEDecryptor(with: pair)
        let opened = try decryptor.decrypt(message, keyID: "2026-11")
        return (opened.header, header, opened.plaintext)
    }
}
