import ArgumentParser
import Foundation
import KMCommandLine
import LoadSupport

/// The figures of a command.
struct Report {
    /// How figures are printed.
    struct Options: ParsableArguments {
        @Flag(help: "Write JSON.")
        var json = false
    }

    private var figures: [(name: String, value: Double)] = []

    mutating func add(_ name: String, _ value: Double) { figures.append((name, value)) }

    /// Adds the number of calls per second, and in milliseconds how long they took.
    mutating func add(_ name: String, _ times: CallTimes) {
        add("\(name) per second", times.rate)
        for percent in [50, 99] { add("\(name) p\(percent) ms", times.percentile(percent)) }
    }

    func write(_ options: Options) throws {
        Terminal.progress(nil)
        if options.json {
            // `Streams` writes nothing after SIGTERM, which is no failure here.
            let values = Dictionary(figures.map { ($0.name, $0.value) }) { $1 }
            print(String(decoding: try Streams.json(values), as: UTF8.self))
        } else {
            for (name, value) in figures {
                let text = value.formatted(.number.precision(.fractionLength(value < 100 ? 0...2 : 0...0)))
                print(Terminal.padded(name, to: 46) + text)
            }
        }
    }
}
