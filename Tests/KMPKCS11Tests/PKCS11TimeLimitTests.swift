#if PKCS11
import CKMPKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport
import Synchronization
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Modules that hang", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct TimeLimitTests {
        private final class Counts: Sendable {
            let opened = Atomic(0)
            let called = Atomic(0)
        }

        private func pool(_ limit: Int, _ counts: Counts) async throws -> SessionPool {
            let token = try await TestTokens.shared.token(.softHSM)
            let handle = token.module.handle
            let slot = try #require(try handle.slots().first { try handle.matches(token.uri.parsed(), $0) })
            return SessionPool(limit: limit, waitingLimit: 100, callDuration: .milliseconds(100)) {
                counts.opened.add(1, ordering: .relaxed)
                return try Session(handle, slot: slot)
            }
        }

        @Test("A call that hangs fails, and so do those that wait; its session is not used again")
        func hangingCall() async throws {
            let counts = Counts()
            let pool = try await pool(1, counts)
            let gate = DispatchSemaphore(value: 0)
            let hanging = Task {
                try await pool.run { _ in
                    counts.called.add(1, ordering: .relaxed)
                    gate.wait()
                    // The call is over, so this must not open a new session.
                    throw PKCS11Failure(function: "C_Decrypt", rv: KM_CKR_DEVICE_ERROR)
                }
            }
            while counts.called.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            let waiting = Task { try await pool.run { _ in } }
            let error = await #expect(throws: KMError(.hsmUnavailable)) { try await hanging.value }
            #expect(error?.detail.contains("did not finish") == true)
            #expect(await rejection { try await waiting.value } == .hsmUnavailable)
            // All threads hang, so that a new call need not wait.
            let next = await #expect(throws: KMError(.hsmUnavailable)) { try await pool.run { _ in } }
            #expect(next?.detail.contains("did not finish") == true)
            #expect(counts.opened.load(ordering: .relaxed) == 1)
            gate.signal()
            while await rejection({ try await pool.run { _ in } }) != nil {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(counts.opened.load(ordering: .relaxed) == 2)
            #expect(counts.called.load(ordering: .relaxed) == 1)
            await pool.close()
        }

        @Test("Other threads work while one hangs, and closing does not wait for it")
        func closing() async throws {
            let counts = Counts()
            let pool = try await pool(2, counts)
            let gate = DispatchSemaphore(value: 0)
            let hanging = Task { try await pool.run { _ in gate.wait() } }
            #expect(await rejection { try await hanging.value } == .hsmUnavailable)
            for number in 0..<10 { #expect(try await pool.run { _ in number } == number) }
            let stuck = Task { try await pool.run { _ in gate.wait() } }
            await pool.close()
            // Cancelled by the end of the pool, or by the time limit.
            #expect(await rejection { try await stuck.value } == .hsmUnavailable)
            #expect(await rejection { try await pool.run { _ in } } == .hsmUnavailable)
            gate.signal()
            gate.signal()
        }

        @Test("A failed login is not repeated, and other failures once")
        func repetition() async throws {
            for (function, expected) in [("C_Login", 1), ("C_OpenSession", 2)] {
                let counts = Counts()
                let pool = SessionPool(limit: 4, waitingLimit: 10) {
                    counts.opened.add(1, ordering: .relaxed)
                    throw PKCS11Failure(function: function, rv: KM_CKR_GENERAL_ERROR)
                }
                #expect(await rejection { try await pool.run { _ in } } == .hsmUnavailable)
                #expect(counts.opened.load(ordering: .relaxed) == expected)
            }
        }
    }
}
#endif
