import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// Runs the sessions with an HSM, for which the tool needs PKCS#11, and the machine needs SoftHSM.
    @Suite struct HSMSessionTests {
        /// The end of the path of the article.
        static let article = "HSMKeys.md"

        #if PKCS11
        private static let isInstalled = FileManager.default.fileExists(atPath: "/usr/lib/softhsm/libsofthsm2.so")

        @Test(.enabled(if: isInstalled, "SoftHSM is not installed: apt-get install softhsm2"))
        func sessionsRunAsShown() async throws {
            try await ConsoleTests.run(#require(Document.all.first { $0.path.hasSuffix(Self.article) }))
        }
        #endif
    }
}
