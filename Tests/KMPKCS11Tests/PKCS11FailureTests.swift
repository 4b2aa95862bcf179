#if PKCS11
import CKMPKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport
import Synchronization
import Testing

@testable import KMPKCS11

/// What the tasks of a test share.
private final class Counts: Sendable {
    let isDone = Atomic(false)
    let closed = Atomic(0)
    let opened = Atomic(0)
}

extension PKCS11Tests {
    @Suite("Failures of tokens", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct FailureTests {
        private func slot(_ token: PKCS11Token) throws -> UInt {
            let handle = token.module.handle
            return try #require(try handle.slots().first { try handle.matches(token.uri.parsed(), $0) })
        }

        private func closeAllSessions(_ token: PKCS11Token, in slot: UInt? = nil) throws {
            let rv = unsafe try km_p11_close_all(token.module.handle.pointer(), slot ?? self.slot(token))
            try PKCS11Failure.check(rv, "C_CloseAllSessions")
        }

        @Test("Sessions that are closed behind our back are opened again", arguments: TestModule.allCases)
        func closedSessions(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let key = try await token.insert(TestKeys.first(), label: "lost", id: TestTokens.shared.nextID())
            let mac = try await token.generateHMACKey(label: "lost mac", id: TestTokens.shared.nextID())
            let expected = try await mac.authenticate(SecretBytes("1"))
            for _ in 0..<10 {
                try closeAllSessions(token)
                let secret = try SecureRandom.bytes(32)
                let sealed = WrappedContentKey(try key.publicKey.encryptOAEP(secret.span), byteCount: 32)
                #expect(try await key.unwrap(sealed)?.exposed == secret)
                try closeAllSessions(token)
                #expect(try await mac.authenticate(SecretBytes("1")) == expected)
            }
        }

        @Test("A token that is removed is an error, and does not hide the other tokens")
        func removedToken() async throws {
            let files = FileManager.default
            let folder = await TestTokens.shared.tokenFolder
            _ = try await TestTokens.shared.module(.softHSM)
            let before = Set(try files.contentsOfDirectory(atPath: folder))
            let token = try await TestTokens.shared.token(.softHSM).open()
            let key = try await token.insert(TestKeys.first(), label: "removed", id: TestTokens.shared.nextID())
            let secret = try SecureRandom.bytes(32)
            let sealed = WrappedContentKey(try key.publicKey.encryptOAEP(secret.span), byteCount: 32)
            #expect(try await key.unwrap(sealed)?.exposed == secret)
            let name = try #require(Set(try files.contentsOfDirectory(atPath: folder)).subtracting(before).first)
            let slot = try slot(token)
            try files.moveItem(atPath: "\(folder)/\(name)", toPath: "\(folder)-\(name)")
            var codes: Set<KMError.Code> = []
            for _ in 0..<4 {
                try closeAllSessions(token, in: slot)
                do {
                    // SoftHSM may still have the key in memory.
                    #expect(try await key.unwrap(sealed)?.exposed == secret)
                } catch let error as KMError {
                    codes.insert(error.code)
                    #expect(!error.detail.isEmpty)
                }
            }
            #expect(codes.isSubset(of: [.hsmUnavailable]))
            try files.moveItem(atPath: "\(folder)-\(name)", toPath: "\(folder)/\(name)")
            #expect(!codes.isEmpty)
            let other = try await TestTokens.shared.token(.softHSM).open()
            await other.close()
            // SoftHSM finds a token that is back only after C_Finalize; other modules find it at once.
            do {
                #expect(try await key.unwrap(sealed)?.exposed == secret)
            } catch {
                #expect((error as? KMError)?.code == .hsmUnavailable)
            }
        }

        @Test("Unwraps while sessions are closed are right, or clear errors", arguments: TestModule.allCases)
        func closedWhileInUse(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let key = try await token.insert(TestKeys.first(), label: "stress", id: TestTokens.shared.nextID())
            let samples = try (0..<64).map { _ in
                let secret = try SecureRandom.bytes(32)
                return (secret, WrappedContentKey(try key.publicKey.encryptOAEP(secret.span), byteCount: 32))
            }
            // NSS computes for a third of a second at each login, so one session keeps the login there.
            let anchor = module == .nss ? try Session(token.module.handle, slot: slot(token)) : nil
            defer { anchor?.close() }
            let before = try await token.sessionCount()
            let count = Effort.isThorough ? 100_000 : 2000
            let counts = Counts()
            let closing = Task.detached {
                while !counts.isDone.load(ordering: .relaxed) {
                    // A module must not be asked to close a session that it works with: SoftHSM frees it. A job of each
                    // thread closes that thread's session.
                    try await token.pool.run(isRepeatable: false) { session in
                        _ = unsafe try km_p11_close(session.module.pointer(), session.handle)
                    }
                    counts.closed.add(1, ordering: .relaxed)
                    try await Task.sleep(for: .milliseconds(3))
                }
            }
            let outcomes = await withTaskGroup(of: (right: Int, wrong: Int, codes: [KMError.Code: Int]).self) { group in
                for task in 0..<8 {
                    group.addTask {
                        var found = (right: 0, wrong: 0, codes: [KMError.Code: Int]())
                        for round in 0..<count / 8 {
                            let (secret, sealed) = samples[(round + task) % samples.count]
                            do {
                                let opened = try await key.unwrap(sealed)
                                if opened?.exposed == secret { found.right += 1 } else { found.wrong += 1 }
                            } catch {
                                found.codes[(error as? KMError)?.code ?? .foreignError, default: 0] += 1
                            }
                        }
                        return found
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            counts.isDone.store(true, ordering: .relaxed)
            try await closing.value
            let right = outcomes.reduce(0) { $0 + $1.right }
            let codes = outcomes.reduce(into: [KMError.Code: Int]()) { $0.merge($1.codes, uniquingKeysWith: +) }
            #expect(outcomes.allSatisfy { $0.wrong == 0 })
            #expect(Set(codes.keys).isSubset(of: [.hsmUnavailable]))
            #expect(right > count / 2)
            let closed = counts.closed.load(ordering: .relaxed)
            #expect(closed > 10)
            await token.close()
            let after = try await token.sessionCount()
            let sessions = "sessions before \(before ?? -1), after \(after ?? -1)"
            print("\(module): \(right) right, errors \(codes), \(closed) closed sessions, \(sessions)")
            if let after { #expect(after <= (before ?? 0)) }
        }

        @Test("A token without a free session makes calls wait, or fail with advice", arguments: [1, 2])
        func fewSessions(_ limit: Int) async throws {
            let counts = Counts()
            let token = try await TestTokens.shared.token(.softHSM)
            let handle = token.module.handle
            let slot = try #require(try handle.slots().first { try handle.matches(token.uri.parsed(), $0) })
            let pool = SessionPool(limit: 8, waitingLimit: 1000) {
                if counts.opened.add(1, ordering: .relaxed).oldValue >= limit {
                    throw PKCS11Failure(function: "C_OpenSession", rv: KM_CKR_SESSION_COUNT)
                }
                return try Session(handle, slot: slot)
            }
            let results = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await pool.run { _ in
                            usleep(500)
                            return number
                        }
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(results.count == 100)
            await pool.close()
            let none = SessionPool(limit: 8, waitingLimit: 10) {
                throw PKCS11Failure(function: "C_OpenSession", rv: KM_CKR_SESSION_COUNT)
            }
            let error = await #expect(throws: KMError(.hsmUnavailable)) { try await none.run { _ in } }
            #expect(error?.detail.contains("CKR_SESSION_COUNT") == true)
        }
    }
}
#endif
