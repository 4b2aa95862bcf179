import ArgumentParser
import Foundation
import KMCommandLine
import KMPARRegistry
import KMSecurity
import LoadSupport

/// Measures first uses of new cards.
struct FillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill",
        abstract: "Use new cards for the first time, and measure it.",
        discussion: """
            The cards follow those that the registry has. The last tenth is measured on its own. So are its last cards, \
            at most 20,000, which few tasks use, so that a call does not wait long for others. SIGINT and SIGTERM end the \
            uses; the figures are printed nevertheless.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: Report.Options

    // The end of a task costs its group a search through all others, so that many more would be slower.
    @Option(help: "The largest number of calls in progress.")
    var tasks = 4096

    @Option(help: "The largest number of calls in progress for the last cards.")
    var fewTasks = 64

    @Argument(help: "The number of new cards.")
    var count: Int

    func validate() throws {
        guard count >= 100, tasks > 0, fewTasks > 0 else {
            throw ValidationError("there must be at least 100 cards and one task")
        }
    }

    func run() async throws {
        try await store.use { registry in
            let present = try await registry.count(.physical)
            let last = min(20_000, count / 20)
            let tenth = count / 10 - last
            Interruption.watch()
            let earlier = CPUSeconds()
            let first = try await use(registry, present, count - tenth - last, tasks)
            let second = try await use(registry, present + first.count, tenth, tasks)
            let cpu = CPUSeconds().since(earlier)
            let slow = try await use(registry, present + count - last, last, fewTasks)
            let many = first.count + second.count
            guard try await registry.count(.physical) == present + many + slow.count else {
                throw KMError(.registryDamaged, "the registry has not as many cards as were used")
            }
            var figures = Report()
            figures.add("cards", Double(present + many + slow.count))
            figures.add("first uses per second", Double(many) / (first.seconds + second.seconds))
            figures.add("last tenth", second)
            figures.add("with \(fewTasks) tasks", slow)
            figures.add("CPU of this process, microseconds per card", cpu.client * 1e6 / Double(many))
            try figures.write(report)
        }
    }

    private func use(_ registry: PARRegistry, _ first: Int, _ count: Int, _ tasks: Int) async throws -> CallTimes {
        let start = ContinuousClock.now
        return try await ParallelCalls.run(count, taskCount: tasks, while: { !Interruption.isAsked }) { started in
            let rate = Int(Double(started) / (start.duration(to: .now) / .seconds(1)))
            Terminal.progress("card \((first + started).formatted()), \(rate.formatted()) per second")
        } _: { number in
            _ = try await registry.par(for: TestCard.pan(first + number))
        }
    }
}
