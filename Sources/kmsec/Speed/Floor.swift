import CKMFloor
import Foundation
import KMSecurity

/// The bare OpenSSL loops in C, with the keys and contexts that they prepared.
///
/// `@unchecked Sendable`: only one thread at a time uses an instance.
@safe final class Floor: @unchecked Sendable {
    /// One part of a document.
    struct Part {
        /// The text between the part before it and this one.
        let before: [UInt8]
        /// The protected header in base64url.
        let header: [UInt8]
        let plaintext: [UInt8]
    }

    /// A loop; `CKMFloor.h` says what each does.
    enum Loop {
        case encrypt, decrypt, encryptCached, decryptCached, authenticate, sign, verify

        fileprivate var function: @Sendable (OpaquePointer, Int) -> Int64 {
            switch self {
            case .encrypt: unsafe km_floor_encrypt
            case .decrypt: unsafe km_floor_decrypt
            case .encryptCached: unsafe km_floor_encrypt_cached
            case .decryptCached: unsafe km_floor_decrypt_cached
            case .authenticate: unsafe km_floor_authenticate
            case .sign: unsafe km_floor_sign
            case .verify: unsafe km_floor_verify
            }
        }
    }

    private let handle: OpaquePointer

    /// Prepares the loops.
    ///
    /// - Parameters:
    ///   - key: The key pair of the recipient.
    ///   - secret: The key for HMAC.
    ///   - parts: The parts of the document. The plaintext of the first one is the body that is authenticated.
    ///   - after: The text after the last part.
    ///   - contentKeyByteCount: The size of the content encryption key (CEK), in bytes.
    /// - Throws: ``KMError`` if OpenSSL fails.
    init(key: RSAPrivateKey, secret: SecretBytes, parts: [Part], after: [UInt8], contentKeyByteCount: Int) throws {
        let der = try key.insecurePKCS8DER()
        let texts = parts.flatMap { [$0.before, $0.header, $0.plaintext] } + [after]
        let made = unsafe Self.withPointers(to: texts[...], []) { texts in
            let parts = unsafe parts.indices.map { number in
                let (before, header) = unsafe (texts[3 * number], texts[3 * number + 1])
                let plaintext = unsafe texts[3 * number + 2]
                return unsafe km_floor_part(
                    before: before.baseAddress,
                    header: header.baseAddress,
                    before_size: before.count,
                    header_size: header.count,
                    plaintext: plaintext.baseAddress,
                    plaintext_size: plaintext.count
                )
            }
            return unsafe der.withBytes { der in
                unsafe secret.withBytes { secret in
                    unsafe der.withUnsafeBufferPointer { der in
                        unsafe secret.withUnsafeBufferPointer { secret in
                            unsafe km_floor_create(
                                der.baseAddress,
                                der.count,
                                secret.baseAddress,
                                secret.count,
                                contentKeyByteCount,
                                parts,
                                parts.count,
                                texts[texts.count - 1].baseAddress,
                                after.count
                            )
                        }
                    }
                }
            }
        }
        guard let made = unsafe made else { throw Self.failure }
        unsafe handle = made
    }

    deinit {
        unsafe km_floor_free(handle)
    }

    /// Returns the rounds of one of the loops.
    func rounds(_ loop: Loop) -> SpeedMeasurement.Rounds {
        { count in
            let nanoseconds = unsafe loop.function(self.handle, count)
            guard nanoseconds >= 0 else { throw Self.failure }
            return nanoseconds
        }
    }

    private static var failure: KMError { KMError(.cryptographyUnavailable, "the bare OpenSSL loop failed") }

    /// Collects the addresses of all texts in nested closures, one for each text.
    private static func withPointers<Result>(
        to texts: ArraySlice<[UInt8]>,
        _ collected: [UnsafeBufferPointer<UInt8>],
        _ body: ([UnsafeBufferPointer<UInt8>]) -> Result
    ) -> Result {
        guard let first = texts.first else { return unsafe body(collected) }
        return unsafe first.withUnsafeBufferPointer {
            unsafe withPointers(to: texts.dropFirst(), collected + [$0], body)
        }
    }
}
