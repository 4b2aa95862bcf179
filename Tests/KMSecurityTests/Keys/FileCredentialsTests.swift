import Foundation
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

@testable import KMSecurity

/// Credentials from a file: what is read, what is followed, and what is rejected.
@Suite struct FileCredentialsTests {
    private let folder: URL
    private let path: String
    private let accessKey = String(repeating: "a", count: 40)
    private let aspID = "000170000000000"
    private let keyID = String(repeating: "1", count: 32)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "credentials.json").path
        try write("first secret\n", "shop.secret")
        try write(file(entry()), "credentials.json")
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name), options: .atomic)
    }

    private func file(_ entries: String...) -> String {
        "{\"version\": 1, \"credentials\": [\(entries.joined(separator: ","))]}"
    }

    private func entry(_ more: String = "", secretFile: String = "shop.secret") -> String {
        """
        {"name": "shop", "accessKey": "\(accessKey)", "aspId": "\(aspID)", "secretFile": "\(secretFile)",
        "cryptoKeyIds": ["\(keyID)"]\(more)}
        """
    }

    private func cleanUp() { try? FileManager.default.removeItem(at: folder) }

    @Test func aFileIsRead() throws {
        defer { cleanUp() }
        let callback = """
            {"name": "platform", "aspId": "\(aspID)", "secretFile": "\(folder.path)/shop.secret", "cryptoKeyIds": [],
            "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"}
            """
        try write(file(entry(), callback), "credentials.json")
        let source = try FileCredentials(path: path)
        let shop = try #require(source.credentials(for: .accessKey(AccessKey(accessKey))).first)
        #expect(shop.name == "shop" && shop.validity == nil && shop.secretKey.byteCount == 12)
        #expect(shop.aspID?.text == aspID)
        #expect(try shop.cryptoKeyIDs == .only([CryptoKeyID(keyID)]))
        let platform = try #require(source.credentials(for: .callback(AspID(aspID))).first)
        #expect(platform.validity?.lowerBound == Date(timeIntervalSince1970: 1_767_225_600))
        #expect(try source.credentials(for: .accessKey(AccessKey(String(repeating: "b", count: 40)))).isEmpty)
    }

    @Test func changesOfTheFileAndOfASecretAreFollowed() async throws {
        defer { cleanUp() }
        let caller = try Caller.accessKey(AccessKey(accessKey))
        let source = try FileCredentials(path: path)
        #expect(try !source.reload())
        try write("another secret", "shop.secret")
        #expect(try source.reload())
        #expect(source.credentials(for: caller).map(\.secretKey.byteCount) == [14])
        // A bad file changes nothing.
        try write("{", "credentials.json")
        #expect(throws: KMError.self) { try source.reload() }
        #expect(source.credentials(for: caller).count == 1)
        let task = Task { await source.follow(interval: .milliseconds(5)) }
        try write("second secret", "second.secret")
        try write(file(entry(), entry(secretFile: "second.secret")), "credentials.json")
        while source.credentials(for: caller).count != 2 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await task.value
    }

    @Test func malformedFilesAreRejected() throws {
        defer { cleanUp() }
        let five = Array(repeating: entry(), count: 5).joined(separator: ",")
        let cases: [(String, KMError.Code)] = [
            ("", .malformedJSON), ("{}", .credentialFileInvalid), ("{\"version\": 2}", .credentialFileInvalid),
            ("{\"version\": 1}", .credentialFileInvalid), (file(five), .credentialFileInvalid),
            (file(entry(", \"name\": \"x\"")), .credentialFileInvalid),
            (file(entry(", \"secretKey\": \"x\"")), .credentialFileInvalid),
            (file(entry(", \"notAfter\": \"tomorrow\"")), .credentialFileInvalid),
            (
                file(entry(", \"notBefore\": \"2027-01-01T00:00:00Z\", \"notAfter\": \"2026-01-01T00:00:00Z\"")),
                .credentialFileInvalid
            ),
            (file(entry().replacing(accessKey, with: "short")), .headerInvalid),
            (file(entry(secretFile: "missing")), .fileUnreadable),
        ]
        for (text, code) in cases {
            try write(text, "credentials.json")
            #expect(rejection { try FileCredentials(path: path) } == code, "\(text)")
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(rejection { try FileCredentials(path: path) } == .fileUnreadable)
    }
}
