#if PKCS11
import CKMPKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Tokens and logins", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct LoginTests {
        private func flags(_ token: TestTokens.Token) throws -> UInt {
            let handle = token.module.handle
            let slot = try handle.slots().first { try handle.matches(token.uri.parsed(), $0) }
            return try handle.tokenInfo(#require(slot)).flags
        }

        @Test("A wrong PIN is tried once, whatever tries it")
        func wrongPIN() async throws {
            let token = try await TestTokens.shared.token(.softHSM)
            let wrong = Array("wrong-pin-0815".utf8)
            @Sendable func open(_ pin: PKCS11PIN) async -> KMError? {
                do {
                    let opened = try await PKCS11Token.open(token.uri, module: token.module, pin: pin)
                    await opened.close()
                    return nil
                } catch { return error as? KMError }
            }
            #expect(try flags(token) & KM_CKF_USER_PIN_COUNT_LOW == 0)
            let pin = PKCS11PIN.secret(try SecretBytes(copying: wrong))
            // Eight at once, which is one try of the token.
            let codes = await withTaskGroup(of: KMError?.self) { group in
                for _ in 0..<8 { group.addTask { await open(pin) } }
                return await group.reduce(into: [KMError?]()) { $0.append($1) }
            }
            #expect(codes.count == 8 && codes.allSatisfy { $0?.code == .hsmPINRejected })
            #expect(codes.filter { $0?.detail.contains("before") == false }.count == 1)
            #expect(codes.allSatisfy { $0?.detail.contains("0815") == false })
            #expect(try flags(token) & KM_CKF_USER_PIN_COUNT_LOW != 0)
            // A login with the right PIN, and a warning before it, resets the token's memory.
            var configuration = PKCS11Token.Configuration()
            let log = CapturedLog()
            configuration.logger = log.logger
            let opened = try await token.open(configuration)
            #expect(log.records.contains { $0.text.contains("wrong PIN") })
            await opened.close()
            #expect(try flags(token) & KM_CKF_USER_PIN_COUNT_LOW == 0)
            // The same wrong PIN again does not reach the token.
            #expect(await open(pin)?.code == .hsmPINRejected)
            #expect(try flags(token) & KM_CKF_USER_PIN_COUNT_LOW == 0)
            // Another wrong PIN does.
            #expect(await open(.secret(try SecretBytes("wrong-pin-0816")))?.code == .hsmPINRejected)
            #expect(try flags(token) & KM_CKF_USER_PIN_COUNT_LOW != 0)
        }

        @Test("PINs from a file, an environment variable and a descriptor; missing and empty ones")
        func sources() async throws {
            let token = try await TestTokens.shared.token(.softHSM)
            let file = "/tmp/km-pin-\(getpid())"
            defer { unsafe unlink(file) }
            try (TestTokens.pin + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            unsafe setenv("KM_TEST_PIN", TestTokens.pin, 1)
            let descriptor = unsafe open(file, O_RDONLY)
            defer { close(descriptor) }
            for pin in [.file(file), .environment("KM_TEST_PIN"), try PKCS11PIN.descriptor(descriptor)] {
                let opened = try await PKCS11Token.open(token.uri, module: token.module, pin: pin)
                await opened.close()
                #expect(!"\(pin)".contains(TestTokens.pin))
            }
            let path = try #require(TestModule.softHSM.path)
            let uri = try PKCS11URI("\(token.uri)?module-path=\(path)&pin-source=file:\(file)")
            let opened = try await PKCS11Token.open(uri)
            await opened.close()
            func code(_ pin: PKCS11PIN?) async -> KMError.Code? {
                await rejection { try await PKCS11Token.open(token.uri, module: token.module, pin: pin) }
            }
            #expect(await code(nil) == .hsmPINMissing)
            #expect(await code(.file("/nonexistent")) == .fileUnreadable)
            #expect(await code(.environment("KM_TEST_NO_PIN")) == .environmentVariableMissing)
            #expect(await code(.secret(try SecretBytes(""))) == .hsmPINMissing)
            #expect(await rejection { try await PKCS11Token.open(token.uri) } == .hsmModuleUnusable)
        }

        @Test("A token that does not exist, several that match, and a key of another token")
        func tokens() async throws {
            let token = try await TestTokens.shared.token(.softHSM)
            _ = try await TestTokens.shared.token(.softHSM)
            let error = await #expect(throws: KMError(.hsmTokenNotFound)) {
                try await PKCS11Token.open(PKCS11URI("pkcs11:token=absent"), module: token.module, pin: token.pin)
            }
            #expect(error?.detail.contains("pkcs11:model=SoftHSM") == true)
            let several = await #expect(throws: KMError(.hsmTokenNotFound)) {
                try await PKCS11Token.open(PKCS11URI("pkcs11:"), module: token.module, pin: token.pin)
            }
            #expect(several?.detail.contains("tokens match") == true)
            let opened = try await token.open()
            #expect(
                await rejection { try await opened.privateKey(PKCS11URI("pkcs11:token=other;object=a")) }
                    == .hsmTokenNotFound
            )
            #expect(try await token.module.tokens().contains { $0.description == opened.uri.description })
        }

        @Test("Keys that do not exist, are ambiguous, or are not for decryption", arguments: TestModule.allCases)
        func keys(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let pair = try TestKeys.first()
            let name = "ambiguous"
            _ = try await token.insert(pair, label: name, id: TestTokens.shared.nextID())
            _ = try await token.insert(TestKeys.second(), label: name, id: TestTokens.shared.nextID())
            let ambiguous = await #expect(throws: KMError(.hsmKeyAmbiguous)) {
                try await token.privateKey(PKCS11URI("pkcs11:object=\(name)"))
            }
            #expect(ambiguous?.detail.components(separatedBy: "object=\(name)").count ?? 0 >= 3)
            let missing = await #expect(throws: KMError(.hsmKeyNotFound)) {
                try await token.privateKey(PKCS11URI("pkcs11:object=absent"))
            }
            #expect(missing?.detail.contains("object=\(name)") == true)
            #expect(
                await rejection { try await token.privateKey(PKCS11URI("pkcs11:object=\(name);type=public")) }
                    == .hsmURIInvalid
            )
        }

        @Test("Calls after a connection is closed, and calls that wait while it closes")
        func closing() async throws {
            let token = try await TestTokens.shared.token(.softHSM).open()
            let key = try await token.insert(TestKeys.first(), label: "closed", id: TestTokens.shared.nextID())
            let secret = [UInt8](repeating: 1, count: 32)
            let sealed = WrappedContentKey(try key.publicKey.encryptOAEP(secret.span), byteCount: 32)
            let codes = await withTaskGroup(of: KMError.Code?.self) { group in
                for _ in 0..<100 { group.addTask { await rejection { try await key.unwrap(sealed) } } }
                group.addTask {
                    await token.close()
                    return nil
                }
                return await group.reduce(into: [KMError.Code?]()) { $0.append($1) }
            }
            #expect(codes.allSatisfy { $0 == nil || $0 == .hsmUnavailable })
            #expect(await rejection { try await key.unwrap(sealed) } == .hsmUnavailable)
        }

        @Test("More waiting calls than allowed, and cancelled ones")
        func waiting() async throws {
            var configuration = PKCS11Token.Configuration()
            configuration.maximumSessionCount = 1
            configuration.maximumWaitingCount = 3
            let token = try await TestTokens.shared.token(.softHSM).open(configuration)
            let gate = DispatchSemaphore(value: 0)
            let busy = Task { try await token.pool.run { _ in gate.wait() } }
            try await Task.sleep(for: .milliseconds(100))
            let waiting = (0..<3).map { _ in Task { try await token.pool.run { _ in } } }
            try await Task.sleep(for: .milliseconds(100))
            #expect(await rejection { try await token.pool.run { _ in } } == .hsmUnavailable)
            waiting[1].cancel()
            await #expect(throws: CancellationError.self) { try await waiting[1].value }
            gate.signal()
            try await busy.value
            try await waiting[0].value
            try await waiting[2].value
        }
    }
}
#endif
