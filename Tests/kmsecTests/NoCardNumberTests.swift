import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// The tool's messages never contain a card number, even one in the wrong argument or input.
    ///
    /// The output contains a card number only if it is data from the input.
    @Suite struct NoCardNumberTests {
        private let folder: TemporaryFolder

        init() throws {
            folder = try TemporaryFolder()
            for name in [testCardNumber, "taken"] { try folder.makeFolder(name) }
            try folder.write([], to: "taken/token-sign.json")
            try folder.write(testCardNumber.bytes, to: "card_\(testCardNumber).json")
            for name in ["vectors.json", "card-\(testCardNumber).json"] {
                try folder.write(CardCase.vectors.bytes, to: name)
            }
            try folder.write("the secret of the card \(testCardNumber)".bytes, to: "secret")
            try folder.write("a key of \(testCardNumber)".bytes, to: "par.key")
        }

        @Test func everyCommandHasACase() async throws {
            let calls = try await ToolCommand.all().map(\.call)
            #expect(Set(calls) == Set(CardCase.all.keys))
        }

        @Test(arguments: CardCase.all.keys.sorted()) func cardNumbersInArgumentsAreHidden(_ call: String) async throws {
            let commands = try await ToolCommand.all()
            let options = try #require(commands.first { $0.call == call }).command.options
            let given = options.enumerated().flatMap { place, option in
                Effort.sample(CardCase.values, 6, from: place).map { [option, $0] }
            }
            for arguments in Effort.sample(CardCase.slips, 3, from: call.utf8.count) + given {
                try await run(call, arguments)
            }
            if let option = options.first { try await run(call, [option]) }
        }

        @Test(arguments: CardCase.all.keys.sorted()) func cardNumbersInInputsAreHidden(_ call: String) async throws {
            let card = try #require(CardCase.all[call])
            guard !card.arguments.isEmpty || call.hasSuffix("check") || call.hasSuffix("inspect") else { return }
            for (place, more) in ([[]] + card.more).enumerated() {
                let inputs = card.readsInput ? CardCase.inputs : [CardCase.inputs[0]]
                for input in place == 0 ? inputs : Effort.sample(inputs, 4, from: place) {
                    try await run(call, more, input: input)
                }
            }
        }

        /// The bodies are encrypted, then damaged, and then decrypted and inspected.
        @Test func cardNumbersInDamagedBodiesAreHidden() async throws {
            let kmsec = try #require(Programs.kmsec)
            let seal = try #require(CardCase.all["kmsec encrypt"])
            for more in [
                [], ["--field", "$.physicalCardNo"], ["--field", "$[*]", "--correlation-id", "221108120814-0a1b2c3"],
            ] {
                let sealed = try await kmsec.output(
                    of: ["encrypt"] + resolved(seal.arguments + more),
                    input: CardCase.inputs[1].bytes,
                    folder: folder
                )
                let options = more.filter { $0.hasPrefix("$") }.flatMap { ["--field", $0] }
                var generator = SeededGenerator(seed: 11)
                for _ in 0..<Effort.rounds(15) {
                    let damaged = String(decoding: sealed.mutated(using: &generator), as: UTF8.self)
                    try await run("kmsec decrypt", options, input: damaged)
                    try await run("kmsec jwe inspect", [], input: damaged)
                }
            }
        }

        #if SQLite
        private func makeRegistry() async throws {
            let create = try #require(CardCase.all["kmsec par registry create"]).arguments
            _ = try await #require(Programs.kmsec).output(of: ["par", "registry", "create"] + create, folder: folder)
        }
        #endif

        private func resolved(_ arguments: [String]) throws -> [String] {
            let keys = try #require(KeyFolder.current).path
            return arguments.map { $0.replacing("$KEYS", with: keys) }
        }

        /// Runs a command as its case describes, with more arguments, and checks its output.
        private func run(_ call: String, _ arguments: [String], input: String = testCardNumber) async throws {
            let card = try #require(CardCase.all[call])
            #if SQLite
            if card.arguments.contains("registry.db") { try await makeRegistry() }
            #endif
            let words = call.split(separator: " ").dropFirst().map(String.init)
            let outcome = try await #require(Programs.kmsec).run(
                words + resolved(card.arguments) + arguments,
                input: input.bytes,
                folder: folder
            )
            let what = "\(call) \(arguments.joined(separator: " "))"
            #expect([0, 1, 64].contains(outcome.status), "\(what): \(outcome.status)")
            if showsCardNumber([outcome.errorText]) { Issue.record("\(what): \(outcome.errorText)") }
            if !card.givesData, showsCardNumber([outcome.outputText]) {
                Issue.record("\(what) writes it: \(outcome.outputText)")
            }
        }
    }
}
