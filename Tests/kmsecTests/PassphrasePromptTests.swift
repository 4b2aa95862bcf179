import Testing

extension ToolTests {
    /// Passphrases that are typed on a terminal.
    @Suite struct PassphrasePromptTests {
        @Test(.needs(Programs.python, "Python"))
        func passphrasesAreTypedUnseen() async throws {
            let folder = try TemporaryFolder()
            let python = try #require(Programs.python, "Python is not here: see .ci/interop-environment")
            let kmsec = try #require(Programs.kmsec)
            let outcome = try await python.run(
                [Programs.script("prompt.py"), kmsec.path, folder.path("")],
                folder: folder
            )
            #expect(outcome.outputText == "done\n", "\(outcome.errorText)")
        }
    }
}
