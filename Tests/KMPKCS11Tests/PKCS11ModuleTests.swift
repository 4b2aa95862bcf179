#if PKCS11
import CKMPKCS11
import Foundation
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Modules that cannot be used")
    struct ModuleTests {
        private func fault(_ path: String, _ deadline: Duration = .seconds(10)) async -> String? {
            let error = await #expect(throws: KMError(.hsmModuleUnusable)) {
                try await PKCS11Module.load(path, probeDeadline: deadline)
            }
            return error?.detail
        }

        @Test("Files that are no module")
        func noModule() async throws {
            #expect(await fault("/nonexistent/module.so")?.contains("cannot be loaded") == true)
            #expect(await fault("/etc/passwd")?.contains("cannot be loaded") == true)
            #expect(await fault("module.so")?.contains("absolute") == true)
            #expect(await fault(try FaultyModule.compile(nil))?.contains("no PKCS#11 module") == true)
        }

        @Test(
            "Modules that crash",
            arguments: [
                ("abort(); return 0;", "signal 6"), ("*(volatile int *)0 = 1; return 0;", "signal 11"),
                ("_exit(3); return 0;", "exit status 3"),
            ]
        )
        func crash(_ body: String, _ expected: String) async throws {
            let detail = await fault(try FaultyModule.compile(body))
            #expect(detail?.contains("crashes") == true)
            #expect(detail?.contains(expected) == true)
        }

        @Test("A module that does not return")
        func hang() async throws {
            let detail = await fault(try FaultyModule.compile("for (;;) sleep(1); return 0;"), .milliseconds(200))
            #expect(detail?.contains("does not finish") == true)
        }

        @Test("A module that closes the pipe to its parent and does not return")
        func hangWithoutPipe() async throws {
            let body = "for (int i = 3; i < 1024; i++) close(i); for (;;) sleep(1); return 0;"
            let detail = await fault(try FaultyModule.compile(body), .milliseconds(200))
            #expect(detail?.contains("does not finish") == true)
        }

        @Test("A module that another library finalized is initialized once more")
        func finalizedElsewhere() async throws {
            let path = try FaultyModule.compile("return 0;")
            let module = try await PKCS11Module.load(path)
            #expect(try !module.handle.isLost())
            #expect(unsafe try km_p11_finalize(module.handle.pointer()) == KM_CKR_OK)
            #expect(try module.handle.isLost())
            #expect(try await PKCS11Module.load(path) === module)
            #expect(try !module.handle.isLost())
        }

        @Test("A module whose initialization fails stays loaded, and is tried again without a child process")
        func retry() async throws {
            // The child fails at its first call. This process fails at its first call as well, and then succeeds.
            let path = try FaultyModule.compile("static int n; return n++ == 0 ? 0x30 : 0;")
            #expect(await fault(path)?.contains("CKR_DEVICE_ERROR") == true)
            #expect(await fault(path)?.contains("CKR_DEVICE_ERROR") == true)
            #expect(try await PKCS11Module.load(path).handle.isOwned)
        }

        @Test("A module that fails, and one that cannot lock")
        func fails() async throws {
            #expect(await fault(try FaultyModule.compile("return 0x30;"))?.contains("CKR_DEVICE_ERROR") == true)
            #expect(await fault(try FaultyModule.compile("return 0xA;"))?.contains("CKR_CANT_LOCK") == true)
            #expect(await fault(try FaultyModule.compile("return 0x80000001;"))?.contains("0x80000001") == true)
        }

        @Test("A module is initialized once, and a module that another library initialized is accepted")
        func once() async throws {
            let path = try FaultyModule.compile("static int n; return n++ == 0 ? 0 : 0x6;")
            let first = try await PKCS11Module.load(path)
            #expect(try await PKCS11Module.load(path) === first)
            #expect(first.handle.isOwned)
            try await first.finalize()
            #expect(await rejection { try await first.tokens() } == .hsmUnavailable)
            let other = try await PKCS11Module.load(FaultyModule.compile("return 0x191;"))
            #expect(!other.handle.isOwned)
        }

        @Test("A function that a module does not have is an error")
        func missingFunction() async throws {
            let module = try await PKCS11Module.load(FaultyModule.compile("return 0;"))
            let error = await #expect(throws: KMError(.hsmUnavailable)) { try await module.tokens() }
            #expect(error?.detail.contains("CKR_FUNCTION_NOT_SUPPORTED") == true)
        }
    }
}
#endif
