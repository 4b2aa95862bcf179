import ArgumentParser
import Foundation
import KMCommandLine
import KMPARRegistry
import KMSecurity
import LoadSupport

/// Uses few cards for the first time very often at the same time.
struct SameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "same",
        abstract: "Use a few new cards for the first time, many times at once, and check that each gets one PAR.",
        discussion: """
            The PARs are random, so that two processes would not choose the same one by themselves. The cards are tokens, \
            which fill and lookups do not count.
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var report: Report.Options

    @Option(help: "The number of processes that make the calls at the same time.")
    var processes = 1

    @Option(help: "The largest number of calls in progress in each process.")
    var tasks = 4096

    @Option(help: .hidden)
    var first: Int?

    @Argument(help: "The number of calls.")
    var calls: Int

    @Argument(help: "The number of cards.")
    var cards: Int

    func validate() throws {
        guard processes > 0, tasks > 0, cards > 0, calls >= cards * processes else {
            throw ValidationError("each process must use each card once or more")
        }
    }

    func run() async throws {
        if let first { return try await use(first) }
        try await store.use(assignment: .random(.platform)) { registry in
            let present = try await registry.statistics()
            let count = present.cards[.token] ?? 0
            let children = try (0..<processes).map { _ in try Child(first: count) }
            for child in children { guard child.readLine() == "ready" else { throw Failure.child } }
            let start = ContinuousClock.now
            for child in children { try child.begin() }
            var pars = [Set<String>](repeating: [], count: cards)
            for child in children {
                while let line = child.readLine() {
                    let words = line.split(separator: " ")
                    guard words.count == 2, let card = Int(words[0]), pars.indices.contains(card) else {
                        throw Failure.child
                    }
                    pars[card].insert(String(words[1]))
                }
                guard child.succeeded() else { throw Failure.child }
            }
            let seconds = start.duration(to: .now) / .seconds(1)
            let after = try await registry.statistics()
            guard pars.allSatisfy({ $0.count == 1 }) else { throw Failure.several }
            guard Set(pars.joined()).count == cards, after.cards[.token] == count + cards,
                after.accounts == present.accounts + cards
            else { throw Failure.rows }
            var figures = Report()
            figures.add("calls", Double(calls / processes * processes))
            figures.add("processes", Double(processes))
            figures.add("cards and PARs", Double(cards))
            figures.add("calls per second", Double(calls / processes * processes) / seconds)
            try figures.write(report)
        }
    }

    /// What went wrong.
    private enum Failure: Error, CustomStringConvertible {
        case child, several, rows

        var description: String {
            switch self {
            case .child: "a process failed"
            case .several: "a card got several PARs"
            case .rows: "the registry has not one card and one account for each card that was used"
            }
        }
    }

    /// Makes the calls of one process, and writes each PAR that a card got.
    private func use(_ first: Int) async throws {
        try await store.use(assignment: .random(.platform)) { registry in
            // Cards of `fill` have numbers from the other end.
            let pans = try (0..<cards).map { try TestCard.pan(999_999_999 - first - $0) }
            try Streams.writeLine("ready")
            guard readLine() != nil else { return }
            let found = Locked([Set<PAR>](repeating: [], count: cards))
            _ = try await ParallelCalls.run(calls / processes, taskCount: tasks) { number in
                let card = number % pans.count
                let par = try await registry.par(for: pans[card], .token)
                found.withLock { _ = $0[card].insert(par) }
            }
            for (card, pars) in found.withLock({ $0 }).enumerated() {
                for par in pars { try Streams.writeLine("\(card) \(par.text)") }
            }
        }
    }
}

/// A process that makes the calls of ``SameCommand``.
private final class Child {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var text = Data()

    init(first: Int) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = CommandLine.arguments.dropFirst() + ["--first", "\(first)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func begin() throws { try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8)) }

    func readLine() -> String? {
        while true {
            if let end = text.firstIndex(of: 0x0A) {
                defer { text = Data(text[(end + 1)...]) }
                return String(decoding: text[..<end], as: UTF8.self)
            }
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { return nil }
            text += part
        }
    }

    func succeeded() -> Bool {
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
