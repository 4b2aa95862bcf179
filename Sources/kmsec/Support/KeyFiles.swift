import Foundation
import KMSecurity

/// Keys from files of any of the forms that are read.
enum KeyFiles {
    /// The public half of a crypto key: of an SPKI or PKCS#1 key, or of a certificate, PEM or DER.
    static func publicHalf(_ path: String, id: CryptoKeyID, anyTime: Bool) throws -> CryptoKey {
        let bytes = try contents(ofFile: path)
        return try namingFile(path) {
            if !anyTime, let certificate = try certificate(in: bytes) {
                return CryptoKey(id: id, certificate: certificate, issuedAt: .now)
            }
            return try CryptoKey(id: id, encryptionKey: RSAPublicKey(parsing: bytes), issuedAt: .now)
        }
    }

    /// A certificate, or nil where the bytes are none.
    ///
    /// One that is refused does not pass for a bare key, whose time nobody looks at.
    private static func certificate(in bytes: [UInt8]) throws -> Certificate? {
        do {
            return try Certificate(parsing: bytes)
        } catch let error as KMError where error.code == .malformedCertificate {
            return nil
        }
    }
}
