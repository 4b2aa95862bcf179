import CKMFloor
import Foundation
import KMSecurity

/// The bare OpenSSL loops in C, with the keys and contexts that they prepared.
///
/// `@unchecked Sendable`: only one thread at a time uses an instance.
@safe final class Floor: @unchecked Sendable {
    private let handle: OpaquePointer

    init(key: RSAPrivateKey, secret: SecretBytes, encodedHeader: String, contentKeyByteCount: Int, body: [UInt8]) throws
    {
        let der = try key.insecurePKCS8DER()
        let made = unsafe der.withBytes { der in
            unsafe secret.withBytes { secret in
                unsafe der.withUnsafeBufferPointer { der in
                    unsafe secret.withUnsafeBufferPointer { secret in
                        unsafe km_floor_create(
                            der.baseAddress,
                            der.count,
                            secret.baseAddress,
                            secret.count,
                            encodedHeader,
                            contentKeyByteCount,
                            body,
                            body.count
                        )
                    }
                }
            }
        }
        guard let made = unsafe made else { throw KMError(.cryptographyUnavailable, "the bare OpenSSL loop failed") }
        unsafe handle = made
    }

    deinit {
        unsafe km_floor_free(handle)
    }

    func encrypt(_ count: Int) throws -> Int64 { try Self.checked(unsafe km_floor_encrypt(handle, count)) }
    func decrypt(_ count: Int) throws -> Int64 { try Self.checked(unsafe km_floor_decrypt(handle, count)) }
    func authenticate(_ count: Int) throws -> Int64 { try Self.checked(unsafe km_floor_authenticate(handle, count)) }
    func sign(_ count: Int) throws -> Int64 { try Self.checked(unsafe km_floor_sign(handle, count)) }

    private static func checked(_ nanoseconds: Int64) throws -> Int64 {
        guard nanoseconds >= 0 else { throw KMError(.cryptographyUnavailable, "the bare OpenSSL loop failed") }
        return nanoseconds
    }
}
