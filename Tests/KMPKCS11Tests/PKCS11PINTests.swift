#if PKCS11
import KMPrimitives
import KMSecurity
import KMTestSupport
import Synchronization
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Tries of a PIN")
    struct PINTests {
        private struct FaultyToken {
            let module: PKCS11Module
            var configuration = PKCS11Token.Configuration()

            init(_ login: String, flags: String = "0") async throws {
                module = try await PKCS11Module.load(FaultyModule.compile(login: login, flags: flags))
            }

            func open(_ pin: PKCS11PIN?) async -> KMError? {
                do {
                    let uri = try PKCS11URI("pkcs11:token=faulty")
                    let token = try await PKCS11Token.open(uri, module: module, pin: pin, configuration: configuration)
                    await token.close()
                    return nil
                } catch { return error as? KMError ?? KMError(.foreignError, "\(error)") }
            }

            func loginCount() throws -> Int? { try module.handle.tokenInfo(1).sessionCount }
        }

        private func pin() throws -> PKCS11PIN { .secret(try SecretBytes("1234")) }

        @Test(
            "A login that fails is not repeated, and its PIN is not tried again",
            arguments: [0x5, 0x6, 0x30] as [UInt]
        )
        func generalError(_ rv: UInt) async throws {
            let token = try await FaultyToken("return \(rv);")
            #expect(await token.open(try pin())?.code == .hsmUnavailable)
            #expect(try token.loginCount() == 1)
            let again = await token.open(try pin())
            #expect(again?.code == .hsmUnavailable)
            #expect(again?.detail.contains("before") == true)
            #expect(try token.loginCount() == 1)
            _ = await token.open(.secret(try SecretBytes("4321")))
            #expect(try token.loginCount() == 2)
        }

        @Test("A login in a lost session is tried again by the next call", arguments: [0xB3, 0x32, 0xE0] as [UInt])
        func lostSession(_ rv: UInt) async throws {
            let token = try await FaultyToken("return n == 1 ? \(rv) : 0;")
            #expect(await token.open(try pin())?.code == .hsmUnavailable)
            #expect(try token.loginCount() == 1)
            #expect(await token.open(try pin()) == nil)
            #expect(try token.loginCount() == 2)
        }

        @Test(
            "A locked PIN is tried again, since the security officer can unlock it",
            arguments: [0xA4, 0x102] as [UInt]
        )
        func unlocked(_ rv: UInt) async throws {
            let token = try await FaultyToken("return n == 1 ? \(rv) : 0;")
            #expect(await token.open(try pin())?.code == .hsmPINLocked)
            #expect(await token.open(try pin()) == nil)
        }

        @Test("The last try of a PIN needs permission")
        func lastTry() async throws {
            var token = try await FaultyToken("return 0;", flags: "CKF_USER_PIN_FINAL_TRY")
            let error = await token.open(try pin())
            #expect(error?.code == .hsmPINLocked)
            #expect(error?.detail.contains("allowsLastPINTry") == true)
            #expect(try token.loginCount() == 0)
            let collector = Collector()
            token.configuration.allowsLastPINTry = true
            token.configuration.onWarning = { collector.add($0) }
            #expect(await token.open(try pin()) == nil)
            #expect(try token.loginCount() == 1)
            #expect(collector.all.contains { $0.contains("one more wrong PIN") })
        }

        private final class Collector: Sendable {
            private let texts = Mutex<[String]>([])

            var all: [String] { texts.withLock { $0 } }

            func add(_ text: String) { texts.withLock { $0.append(text) } }
        }

        @Test("A wrong PIN on a keypad can be entered again")
        func keypad() async throws {
            let flags = "CKF_PROTECTED_AUTHENTICATION_PATH"
            let token = try await FaultyToken("return n == 1 ? CKR_PIN_INCORRECT : 0;", flags: flags)
            let error = await token.open(nil)
            #expect(error?.code == .hsmPINRejected)
            #expect(error?.detail.contains("keypad") == true)
            #expect(await token.open(nil) == nil)
        }
    }
}
#endif
