#if PKCS11
import CKMPKCS11
import KMPrimitives
import KMTestSupport

@testable import KMPKCS11

/// A token that does RSA-OAEP with SHA-256, and rejects each kind of wrong padding with a result of its own.
///
/// Another token does the raw RSA operation.
final class RejectingToken: TokenDecryption {
    enum Padding: Hashable, Sendable { case right, firstByte, label, separator }

    /// What the token does.
    struct Behaviour: Sendable {
        /// The result for each kind of padding, `CKR_ENCRYPTED_DATA_INVALID` by default.
        var results: [Padding: UInt] = [:]
        /// The results of the first calls with a kind of padding, which differ from the later ones.
        var firstResults: [Padding: [UInt]] = [:]
        /// The results of all calls from a number on.
        var resultAfter: (count: Int, rv: UInt)?
        /// The paddings after which the device reports an error.
        var unhealthy: Set<Padding> = []
        var hasRaw = true
        var hasOAEP = true
    }

    private let session: Session
    private var behaviour: Behaviour
    private var last = Padding.right
    private(set) var count = 0

    init(_ session: Session, _ behaviour: Behaviour) { (self.session, self.behaviour) = (session, behaviour) }

    func mechanismFlags(_ mechanism: UInt) -> UInt? {
        (mechanism == KM_CKM_RSA_X_509 ? behaviour.hasRaw : behaviour.hasOAEP) ? KM_CKF_DECRYPT : nil
    }

    func isHealthy() -> Bool { !behaviour.unhealthy.contains(last) }

    func decrypt(
        _ ciphertext: [UInt8],
        with key: UInt,
        _ scheme: km_p11_scheme,
        capacity: Int
    ) throws -> Decryption {
        let answer = try session.decrypt(ciphertext, with: key, KM_P11_RSA_RAW, capacity: capacity)
        guard answer.rv == KM_CKR_OK else { return answer }
        var block = Array(answer.memory.exposed.prefix(answer.count))
        block = [UInt8](repeating: 0, count: capacity - block.count) + block
        guard scheme == KM_P11_RSA_OAEP_SHA256 else {
            // Like a token that removes leading zeros.
            return try Self.decryption(Array(block.drop { $0 == 0 }), capacity, KM_CKR_OK)
        }
        count += 1
        let (padding, message) = try Self.open(block)
        last = padding
        if let after = behaviour.resultAfter, count > after.count { return try Self.decryption([], capacity, after.rv) }
        if let first = behaviour.firstResults[padding]?.first {
            behaviour.firstResults[padding]?.removeFirst()
            return try Self.decryption([], capacity, first)
        }
        if padding == .right { return try Self.decryption(message, capacity, KM_CKR_OK) }
        return try Self.decryption([], capacity, behaviour.results[padding] ?? KM_CKR_ENCRYPTED_DATA_INVALID)
    }

    private static func decryption(_ bytes: [UInt8], _ capacity: Int, _ rv: UInt) throws -> Decryption {
        let memory = try SecretBytes(copying: bytes + [UInt8](repeating: 0, count: capacity - bytes.count))
        return Decryption(memory: memory, count: bytes.count, rv: rv, isStarted: true)
    }

    /// Checks the padding (RFC 8017 section 7.1.2, step 3).
    private static func open(_ block: [UInt8]) throws -> (Padding, [UInt8]) {
        let parsed = try OAEPBlock(parsing: block)
        guard parsed.firstByte == 0 else { return (.firstByte, []) }
        guard try Array(parsed.data.prefix(32)) == SHA256.digest([]) else { return (.label, []) }
        let rest = parsed.data.dropFirst(32).drop { $0 == 0 }
        guard rest.first == 1 else { return (.separator, []) }
        return (.right, Array(rest.dropFirst()))
    }
}
#endif
