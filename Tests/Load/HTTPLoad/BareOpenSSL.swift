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
        let (before, after) = (Array(#"{"encData":""#.utf8), Array(#""}"#.utf8))
        let header = Array("eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0".utf8)
        let state = unsafe key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe Self.withPart(before, header, Load.parameters) { part in
                    unsafe km_floor_create(
                        key.baseAddress,
                        key.count,
                        part.plaintext,
                        32,
                        32,
                        [part],
                        1,
                        after,
                        after.count
                    )
                }
            }
        }
        guard let state = unsafe state else { throw KMError(.cryptographyUnavailable) }
        return unsafe state
    }

    private static func withPart<Result>(
        _ before: [UInt8],
        _ header: [UInt8],
        _ plaintext: [UInt8],
        _ body: (km_floor_part) -> Result
    ) -> Result {
        unsafe before.withUnsafeBufferPointer { before in
            unsafe header.withUnsafeBufferPointer { header in
                unsafe plaintext.withUnsafeBufferPointer { plaintext in
                    unsafe body(
                        km_floor_part(
                            before: before.baseAddress,
                            header: header.baseAddress,
                            before_size: before.count,
                            header_size: header.count,
                            plaintext: plaintext.baseAddress,
                            plaintext_size: plaintext.count
                        )
                    )
                }
            }
        }
    }
}
#endif
