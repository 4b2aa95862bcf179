import Foundation
import Testing

extension ToolTests {
    /// Runs the completion scripts in their shells.
    @Suite struct CompletionTests {
        private static let bash = Programs.find("bash")
        private static let zsh = Programs.find("zsh")
        private static let fish = Programs.find("fish")

        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            try folder.write([], to: "certificate.pem")
            try folder.makeFolder("keys")
        }

        @Test(arguments: [
            (["to"], ["token"]), (["token", ""], ["sign", "verify", "explain"]),
            (["token", "sign", "--pro"], ["--profile"]),
            (["demo", "--profile", ""], ["documented", "gateway"]),
            (["token", "sign", "--zone", ""], ["UTC", "GMT", "KST", "JST"]),
            (["token", "verify", "--zone", "K"], ["KST"]),
            (["encrypt", "--enc", ""], ["A128GCM", "A256GCM"]),
            (["request", "--format", ""], ["curl", "http", "json"]),
            (["request", "--method", "P"], ["POST", "PUT", "PATCH"]),
            (["speed", "token-"], ["token-sign", "token-verify"]),
            (["encrypt", "--to", "cert"], ["certificate.pem"]), (["vectors", "generate", "--out", ""], ["keys"]),
        ])
        func bashCompletesCommandsOptionsValuesAndFiles(_ words: [String], _ expected: [String]) async throws {
            let offered = try await candidates(words).filter {
                !$0.hasPrefix("-") || words.last?.hasPrefix("-") == true
            }
            #expect(Set(offered) == Set(expected), "\(words)")
        }

        /// The test covers every option that has a list of values, including future ones.
        @Test func bashCompletesTheValuesOfEveryOption() async throws {
            var count = 0
            for (call, command) in try await ToolCommand.all() {
                for argument in command.arguments ?? [] where argument.allValues?.isEmpty == false {
                    let names = (argument.names ?? []).map(\.name).filter { $0.count > 1 }
                    for name in names {
                        count += 1
                        let words = call.split(separator: " ").dropFirst().map(String.init) + ["--\(name)", ""]
                        #expect(try await candidates(words) == argument.allValues, "\(call) --\(name)")
                    }
                }
            }
            #expect(count > 8)
        }

        private func candidates(_ words: [String]) async throws -> [String] {
            try await script("bash", to: "kmsec.bash")
            let output = try await #require(Self.bash).output(
                of: [Programs.script("complete.bash"), folder.path("kmsec.bash"), "kmsec"] + words,
                folder: folder
            )
            return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        @Test(.enabled(if: zsh != nil), arguments: ["zsh"]) func zshParsesItsScript(_ shell: String) async throws {
            try await script(shell, to: "_kmsec")
            try await #require(Self.zsh).output(of: ["-n", "_kmsec"], folder: folder)
        }

        @Test(.enabled(if: fish != nil), arguments: ["fish"]) func fishParsesItsScript(_ shell: String) async throws {
            try await script(shell, to: "kmsec.fish")
            try await #require(Self.fish).output(of: ["--no-execute", "kmsec.fish"], folder: folder)
        }

        private func script(_ shell: String, to name: String) async throws {
            let kmsec = try #require(Programs.kmsec)
            try folder.write(try await kmsec.output(of: ["--generate-completion-script", shell]), to: name)
        }
    }
}
