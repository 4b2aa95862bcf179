public import Foundation
internal import KMJOSE
internal import KMPrimitives

/// Message level: the whole block as one JWE.
extension ParameterCipher {
    /// The body `{"encData":"…"}` of `parameters`, one JSON text, encrypted under the key `id`.
    ///
    /// - Throws: ``KMError`` as ``seal(_:_:under:at:correlationID:)``.
    public func encrypt(_ parameters: [UInt8], under id: CryptoKeyID, at date: Date) throws -> [UInt8] {
        let encryptor = try encryptor(id, at: date)
        // The body is a third larger than the parameters, and it is the body that a receiver of these limits takes.
        let byteCount =
            EncryptedBody.prefix.count + encryptor.encryptedByteCount(parameters.count) + EncryptedBody.suffix.count
        try limits.check(byteCount: byteCount)
        try limits.checkJSON(parameters, "the parameters")
        let (key, iv) = try contentKey(id, encryptor, ivCount: 1, byteCount: parameters.count)
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
        try limits.check(body)
        let decryptor = try decryptor(id)
        let message = try EncryptedBody.message(of: body)
        let (parts, header) = try decryptor.parse(message.span, keyID: id.text)
        let parameters = try withContentKey(
            id,
            decryptor,
            of: parts,
            header,
            messageCount: 1,
            byteCount: parts.ciphertext.count
        ) { try $0.reader().read(parts) }
        try limits.checkJSON(parameters, "the decrypted parameters")
        return parameters
    }
}
