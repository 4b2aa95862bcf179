import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Measures the operations of the library.
struct SpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed",
        abstract: "Measure each operation and compare it with a reference, such as a bare OpenSSL loop.",
        discussion: """
            Operations: \(SpeedOperations.names.joined(separator: ", ")). They use RSA 2048, A256GCM, parameters of \
            \(DemoParties.requestParameters.count) bytes (three fields at field level), tokens for 600 bytes, and a \
            JSON document of one megabyte. The OpenSSL loop does the same work, and prepares all keys, algorithms and \
            contexts in advance; for the operations with the data-key cache, also the content encryption key. \
            Operation and reference run alternately. Use a release build: swift run -c release kmsec speed.
            """
    )

    @Flag(help: "Write JSON.")
    var json = false

    @Option(help: "The time for each operation, in seconds.")
    var seconds = 3.0

    @Option(help: ArgumentHelp("The minimum size of the parameters, in bytes.", valueName: "count"))
    var bytes = DemoParties.requestParameters.count

    @Option(
        help: ArgumentHelp(
            "The number of threads; with 2 or more, each operation is compared with itself on one thread.",
            valueName: "count"
        )
    )
    var threads = 1

    @Option(
        help: ArgumentHelp("Compare with this operation instead.", valueName: "operation"),
        completion: .list(SpeedOperations.names)
    )
    var against: String?

    @Flag(help: "Count the memory allocations of a call instead of its time; see Tests/Allocations/run.")
    var allocations = false

    @Option(
        help: ArgumentHelp(
            "Run one operation this many times without measuring or writing anything, for a profiler.",
            valueName: "count"
        )
    )
    var rounds: Int?

    @Argument(
        help: ArgumentHelp("The operations to measure (default: all).", valueName: "operation"),
        completion: .list(SpeedOperations.names)
    )
    var operations: [String] = []

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else {
            throw ValidationError("--seconds must be more than 0 and at most 3600")
        }
        guard (0...32 << 20).contains(bytes) else { throw ValidationError("--bytes must be 0 to 33554432") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads must be 1 to 256") }
        guard !allocations || (threads == 1 && against == nil && rounds == nil) else {
            throw ValidationError("--allocations goes with --bytes and --json only")
        }
        guard rounds == nil || operations.count == 1 else {
            throw ValidationError("--rounds requires exactly one operation")
        }
        guard (0...1_000_000_000).contains(rounds ?? 0) else {
            throw ValidationError("--rounds must be 0 to 1000000000")
        }
        let names = operations + [against].compactMap(\.self)
        if let unknown = names.first(where: { !SpeedOperations.names.contains($0) }) {
            throw ValidationError(
                "unknown operation \(unknown); expected one of \(SpeedOperations.names.joined(separator: ", "))"
            )
        }
    }

    func run() throws {
        #if DEBUG
        Messages.warning("this is a debug build, so the figures are meaningless; use a release build")
        #endif
        let prepared = try SpeedOperations(byteCount: bytes)
        if allocations { return try countAllocations(prepared) }
        if let rounds { return try run(prepared.operation(operations[0]), rounds) }
        var measurements: [SpeedMeasurement] = []
        if !json {
            try Streams.writeLine(Version.openSSL)
            try Streams.writeLine(row("operation", "us/call", "ref us/call", "ratio", "quartiles", "reference"))
        }
        for name in operations.isEmpty ? SpeedOperations.names : operations {
            let operation = try prepared.operation(name).compared(with: against.map(prepared.operation))
            let result = try SpeedMeasurement(
                threads == 1 ? operation : operation.threaded(threads),
                seconds: seconds
            )
            measurements.append(result)
            guard !json else { continue }
            let rate = result.megabytesPerSecond.map { ", \(fixed($0, 0)) MB/s" } ?? ""
            try Streams.writeLine(
                row(
                    name,
                    fixed(result.microseconds, 3),
                    fixed(result.referenceMicroseconds, 3),
                    fixed(result.ratio, 4),
                    result.ratioQuartiles.map { fixed($0, 4) }.joined(separator: "-"),
                    result.reference.description + rate
                )
            )
        }
        if json { try Streams.writeJSON(measurements) }
    }

    /// Runs an operation for a profiler.
    private func run(_ operation: SpeedOperations.Operation, _ rounds: Int) throws {
        // The first rounds fill caches.
        _ = try operation.library(SpeedOperations.warmUpRounds)
        _ = try Self.profiledRounds(operation.library, rounds)
    }

    /// Runs the rounds that a profile is about: `valgrind --tool=callgrind --toggle-collect='*profiledRounds*'`.
    @inline(never)
    private static func profiledRounds(_ call: SpeedMeasurement.Rounds, _ count: Int) throws -> Int64 {
        count > 0 ? try call(count) : 0
    }

    private func countAllocations(_ prepared: SpeedOperations) throws {
        var counts: [AllocationCount] = []
        if !json { try Streams.writeLine(row("operation", "per call", "reference", "", "", "")) }
        for name in operations.isEmpty ? SpeedOperations.names : operations {
            let count = try AllocationCount(prepared.operation(name))
            counts.append(count)
            guard !json else { continue }
            try Streams.writeLine(
                row(name, fixed(count.perCall, 2), fixed(count.perReferenceCall, 2), "", "", "\(count.reference)")
            )
        }
        if json { try Streams.writeJSON(counts) }
    }

    private func row(_ columns: String...) -> String {
        zip(columns, [25, 12, 12, 9, 16, 0]).map { Terminal.padded($0, to: $1) }.joined()
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}
