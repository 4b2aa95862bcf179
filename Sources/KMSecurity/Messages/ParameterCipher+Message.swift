public import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Message level: the whole block as one JWE.
extension ParameterCipher {
    /// The body `{"encData":"…"}` of `parameters`, one JSON text, encrypted under the key `id`.
    ///
    /// - Throws: ``KMError`` as ``seal(_:_:under:at:correlationID:)``.
    public func encrypt(_ parameters: [UInt8], under id: CryptoKeyID, at date: Date) throws -> [UInt8] {
        try encrypt(parameters, with: key(id).sealer(at: date, answering: false))
    }

    func encrypt(_ parameters: [UInt8], with sealer: PreparedKey.Sealer) throws -> [UInt8] {
        let encryptor = sealer.encryptor
        // The body is a third larger than the parameters, and it is the body that a receiver of these limits takes.
        let byteCount =
            EncryptedBody.prefix.count + encryptor.encryptedByteCount(parameters.count) + EncryptedBody.suffix.count
        try limits.check(byteCount: byteCount)
        try limits.checkJSON(parameters, "the parameters")
        let (key, iv) = try contentKey(sealer, ivCount: 1, byteCount: parameters.count)
        var body: [UInt8] = []
        body.reserveCapacity(byteCount)
        body.append(contentsOf: EncryptedBody.prefix)
        try encryptor.encrypt(parameters.span, under: key, iv: iv, appendingTo: &body)
        body.append(contentsOf: EncryptedBody.suffix)
        return body
    }

    /// The parameters of a body `{"encData":"…"}`, one JSON text, decrypted with the key `id`.
    ///
    /// - Throws: ``KMError`` as ``open(_:_:under:correlationID:)``.
    public func decrypt(_ body: [UInt8], under id: CryptoKeyID) throws -> [UInt8] {
        try decrypt(examine(body, under: id))
    }

    /// A body of message level, taken apart.
    struct ExaminedMessage {
        fileprivate let opener: PreparedKey.Opener
        fileprivate let parts: JWECompact
        fileprivate let header: JWEHeader
    }

    /// Checks all of a body that shows without the private key.
    func examine(_ body: [UInt8], under id: CryptoKeyID) throws -> ExaminedMessage {
        try limits.check(body)
        let opener = try key(id).opener()
        let message = try EncryptedBody.message(of: body)
        let (parts, header) = try opener.decryptor.parse(message.span, keyID: id.text)
        // A field of another message, put here, would pass for a whole one.
        guard header.privateParameter(FieldHeader.path) == nil else {
            throw KMError(.fieldMismatch, "the value of encData is bound to a place: it is a field, and no message")
        }
        return ExaminedMessage(opener: opener, parts: parts, header: header)
    }

    /// The parameters of a body that was examined.
    func decrypt(_ message: ExaminedMessage) throws -> [UInt8] {
        let parameters = try withContentKey(
            message.opener,
            of: message.parts,
            message.header,
            messageCount: 1,
            byteCount: message.parts.ciphertext.count
        ) { try $0.reader().read(message.parts) }
        try limits.checkJSON(parameters, "the decrypted parameters")
        return parameters
    }
}
