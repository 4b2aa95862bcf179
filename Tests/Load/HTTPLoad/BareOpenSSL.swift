#if Hummingbird && AsyncHTTPClient
import CKMFloor
import Foundation
import KMSecurity

/// The cryptography of a call by itself: encrypting and decrypting a message with bare OpenSSL, with everything prepared.
///
/// `@unchecked Sendable`: each state is used by one thread at a time.
@safe final class BareOpenSSL: @unchecked Sendable {
    private let keys: LoadKeys
    private let unused = unsafe Locked<[OpaquePointer]>([])

    init(_ keys: LoadKeys) { self.keys = keys }

    /// Does the cryptography of one call.
    func run() throws {
        let state = try unsafe unused.withLock { unsafe $0.popLast() } ?? makeState()
        guard unsafe km_floor_encrypt(state, 1) >= 0, unsafe km_floor_decrypt(state, 1) >= 0 else {
            throw KMError(.cryptographyUnavailable)
        }
        unsafe unused.withLock { unsafe $0.append(state) }
    }

    private func makeState() throws -> OpaquePointer {
        let key = try keys.privateKey("server").insecurePKCS8DER()
        let header = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0"
        let state = unsafe key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe Load.parameters.withUnsafeBufferPointer { body in
                    unsafe km_floor_create(
                        key.baseAddress,
                        key.count,
                        body.baseAddress,
                        32,
                        header,
                        32,
                        body.baseAddress,
                        body.count
                    )
                }
            }
        }
        guard let state = unsafe state else { throw KMError(.cryptographyUnavailable) }
        return unsafe state
    }
}
#endif
