import ArgumentParser
import Foundation
import KMCommandLine
import KMPARRegistry
import KMSecurity
import LoadSupport

/// Measures look-ups of random cards.
struct LookupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookups",
        abstract: "Look up random cards that fill has added, and compare each PAR with the derived one.",
        discussion: "SIGINT and SIGTERM end the look-ups before the time; the figures are printed nevertheless."
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: Report.Options

    @Option(help: "The largest number of calls in progress.")
    var tasks = 2048

    @Option(help: "The number of cards to choose from; without it, they are counted first.")
    var cards: Int?

    @Flag(help: "Do not compare the PARs, so that its cost is not measured.")
    var unchecked = false

    @Argument(help: "The number of seconds.")
    var seconds: Int

    func run() async throws {
        try await store.use { registry in
            let count = if let cards { cards } else { try await registry.count(.physical) }
            guard count > 0 else { throw ValidationError("the registry has no cards") }
            let (tokenizer, unchecked) = (try TestKey.tokenizer, unchecked)
            let earlier = CPUSeconds()
            Interruption.watch()
            let times = try await ParallelCalls.run(
                for: .seconds(seconds),
                taskCount: tasks,
                while: { !Interruption.isAsked }
            ) { started in
                Terminal.progress("\(started.formatted()) look-ups")
            } _: { _ in
                let number = Int.random(in: 0..<count)
                let pan = try TestCard.pan(number)
                guard let par = try await registry.existingPAR(for: pan) else {
                    throw KMError(.cardUnknown, "test card \(number) was not found")
                }
                guard try unchecked || par == tokenizer.par(for: pan) else {
                    throw KMError(.cardConflict, "test card \(number) has another PAR than it was given")
                }
            }
            var figures = Report()
            figures.add("cards", Double(count))
            figures.add("look-ups", Double(times.count))
            figures.add("look-ups", times)
            figures.add(
                "CPU of this process, microseconds per look-up",
                CPUSeconds().since(earlier).client * 1e6 / Double(times.count)
            )
            try figures.write(report)
        }
    }
}
