import Foundation
import KMPrimitives
import KMSecurity

/// One descriptor to another, line by line and in order, on all processors, in memory that does not grow.
struct LineStream {
    /// What happened.
    struct Summary {
        /// The lines that were written, and the number of the last of them in the input.
        var lineCount = 0
        var lastLine: Int
        /// How many of them are empty, since what came in was at fault.
        var faultCount = 0
        /// What ended it before the input's end.
        var failure: (any Error)?
    }

    let input: Descriptor
    let output: Descriptor
    /// The first line that is taken; those before are passed over.
    let firstLine: Int
    /// What progress calls the lines.
    let noun: String

    /// Transforms all lines; each fault is told on standard error, by its line's number.
    func run(_ transform: some LineTransform) async -> Summary {
        Interruption.watch()
        var summary = Summary(lastLine: firstLine - 1)
        var reader = LineReader(input)
        var writer = LineWriter(output)
        var progress = LineProgress(noun)
        var pending: [Task<TransformedLines, any Error>] = []
        var toSkip = firstLine - 1
        func finishFirst() async throws {
            let done = try await pending.removeFirst().value
            defer {
                summary.lineCount = writer.lineCount
                summary.lastLine = firstLine - 1 + writer.lineCount
            }
            if !done.faults.isEmpty {
                progress.clear()
                Messages.errors(done.faults.map { "line \(summary.lastLine + $0.line + 1): \($0.error)" })
            }
            summary.faultCount += done.faults.count
            try writer.write(done.output, lineCount: done.lineCount)
            progress.show(summary.lineCount)
        }
        let window = 2 * ProcessInfo.processInfo.activeProcessorCount
        do {
            while !Interruption.isAsked, let batch = try reader.next() {
                let count = toSkip > 0 ? batch.lineCount : 0
                let skipped = min(toSkip, count)
                toSkip -= skipped
                if toSkip > 0 || (skipped > 0 && skipped == count) { continue }
                pending.append(Task.detached { try TransformedLines(batch, skipping: skipped, by: transform) })
                // Who types, or waits for an answer before the next line, sees the answer.
                while pending.count == window || (!pending.isEmpty && !reader.hasMore) { try await finishFirst() }
            }
            while !pending.isEmpty { try await finishFirst() }
            if toSkip > 0, !Interruption.isAsked {
                let count = firstLine - 1 - toSkip
                throw KMError(.lineMissing, "\(input.name) has \(counted(count, "line")), and no line \(firstLine)")
            }
        } catch {
            // What was read before a fault of the input is written all the same.
            if (error as? KMError)?.code == .fileUnreadable {
                while !pending.isEmpty, summary.failure == nil {
                    do { try await finishFirst() } catch { summary.failure = error }
                }
            }
            summary.failure = summary.failure ?? error
        }
        progress.clear()
        if Interruption.isAsked, summary.failure == nil { summary.failure = CancellationError() }
        return summary
    }
}

extension KMError.Code {
    /// The input ends before the line that was to be the first.
    static let lineMissing = Self("lineMissing")
}
