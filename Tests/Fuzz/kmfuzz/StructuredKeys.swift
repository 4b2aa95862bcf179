import CKeyFiles
import KMJOSE
import KMPrimitives
import KMTestSupport

/// Reads key files that are built from the input's bytes (keyfiles.h).
///
/// The files have every form. Some integers, algorithms, versions and lengths are wrong, so that the fuzzer gets past
/// the outermost structure.
///
/// Each reader must finish within a limit of processor time, so that a busy machine causes no finding. It is the limit
/// that the package promises, without an allowance for the sanitizer: OpenSSL does nearly all of the work, and is not
/// instrumented.
struct StructuredKeys {
    private static let seconds = 0.5

    private let pkcs1: [UInt8]
    private let passphrase: SecretBytes

    static func prepared() -> StructuredKeys {
        do {
            return try StructuredKeys()
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private init() throws {
        let keys = try ReferenceVectors("message-decrypt").openerKeys()
        // PKCS#8 with a key of 2048 bits has 26 bytes before the PKCS#1 in it.
        pkcs1 = Array(try keys.first?.privateKey.insecurePKCS8DER().exposed.dropFirst(26) ?? [])
        passphrase = try SecretBytes("secret")
        precondition((try? RSAPrivateKey(parsing: pkcs1)) != nil)
    }

    func run(_ input: [UInt8]) {
        let (file, form) = build(input)
        if form == KEYFILES_JWK {
            within { _ = try? RSAPublicKey(jwk: file) }
            within { _ = try? RSAPrivateKey(jwk: file) }
        } else {
            within { _ = try? RSAPublicKey(parsing: file) }
            within { _ = try? Certificate(parsing: file) }
            within { _ = try? RSAPrivateKey(parsing: file) }
            within { _ = try? RSAPrivateKey(parsing: file, passphrase: passphrase) }
        }
        precondition(OpenSSL.drainErrorQueue() == 0)
    }

    private func build(_ input: [UInt8]) -> ([UInt8], keyfiles_form) {
        var form = KEYFILES_PKCS1
        let file = unsafe [UInt8](unsafeUninitializedCapacity: Int(KEYFILES_CAPACITY)) { target, count in
            guard let start = target.baseAddress else { return }
            count = unsafe keyfiles_build(input, input.count, pkcs1, pkcs1.count, start, &form)
        }
        return (file, form)
    }

    private func within(_ body: () -> Void) {
        let before = CPUTime.ofThisThread
        body()
        precondition(CPUTime.ofThisThread - before < Self.seconds, "too slow")
    }
}
