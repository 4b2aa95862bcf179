#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("The files of the sandbox") struct FilesTests {
    private static func parties(_ directory: String, seed: UInt64? = nil) throws -> SandboxParties {
        try SandboxParties(
            seed: SandboxSeed(seed: seed),
            files: SandboxFiles(directory: directory),
            timeZone: .kst
        )
    }

    @Test("The directory has the client's files, readable for their owner alone, as they are served") func files()
        throws
    {
        let folder = try TestFolder()
        let parties = try Self.parties(folder.path("keys"))
        func check() throws {
            for name in SandboxParties.clientFileNames {
                let path = folder.path("keys/\(name)")
                #expect(try contents(ofFile: path) == parties.clientFile(name), "\(name)")
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
            let file = try CredentialsFile(contentsOfFile: folder.path("keys/credentials.json"))
            #expect(file.key.id == parties.currentKeys.primaryID && file.accessKey == parties.accessKey)
        }
        try check()
        let first = parties.currentKeys.primaryID
        for _ in 0..<4 {
            _ = try parties.rotate()
            try check()
        }
        #expect(parties.currentKeys.primaryID != first)
        #expect(try Self.parties(folder.path("keys")).currentKeys.primaryID == parties.currentKeys.primaryID)
    }

    @Test(
        "A file that no sandbox wrote is not replaced",
        arguments: ["credentials.json", "server.cert.pem", "client.private.pem", "key-id", "parameters.json"]
    )
    func foreign(_ name: String) throws {
        let folder = try TestFolder()
        try folder.write("mine", to: name)
        let error = #expect(throws: KMError.self) { try Self.parties(folder.path(".")) }
        #expect(error?.code == .fileExists && error?.detail.contains(name) == true)
        #expect(try folder.read(name) == "mine")
    }

    @Test("A seed beside the files of another run names the parts that it does not repeat") func seed() throws {
        let folder = try TestFolder()
        #expect(try Self.parties(folder.path("keys"), seed: 7).seedWarnings.isEmpty)
        #expect(try Self.parties(folder.path("keys"), seed: 7).seedWarnings.isEmpty)
        #expect(try Self.parties(folder.path("keys")).seedWarnings.isEmpty)
        let warning = try #require(Self.parties(folder.path("keys"), seed: 8).seedWarnings.first)
        for part in ["--seed", "access key", "secret key", "PARs", "crypto key id"] { #expect(warning.contains(part)) }
        try FileManager.default.removeItem(at: folder.url("keys/par-key"))
        let partial = try #require(Self.parties(folder.path("keys"), seed: 8).seedWarnings.first)
        #expect(!partial.contains("PARs") && partial.contains("access key"))
    }
}
#endif
