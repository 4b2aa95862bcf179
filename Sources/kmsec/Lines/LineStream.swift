import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Transforms the lines of one descriptor and writes them to another, in order.
///
/// It uses all processors, and its memory does not grow with the input.
struct LineStream {
    /// The result of a run.
    struct Summary {
        /// The number of lines that were written.
        var lineCount = 0
        /// The number of the last written line in the input.
        var lastLine: Int
        /// The number of written lines that are empty because their input had an error.
        var faultCount = 0
        /// The error that ended the run before the end of the input.
        var failure: (any Error)?
    }

    let input: Descriptor
    let output: Descriptor
    /// The number of the first line to transform; earlier lines are skipped.
    let firstLine: Int
    /// The name of the lines in the progress display, in the plural.
    let noun: String

    /// Transforms all lines.
    ///
    /// Errors of single lines go to standard error with the number of the line.
    ///
    /// - Parameter transform: The transformation of each line.
    /// - Returns: The result, with the error that ended the run early.
    func run(_ transform: some LineTransform) async -> Summary {
        await run { try TransformedLines($0, skipping: $1, by: transform) }
    }

    /// Transforms all lines, batch by batch.
    ///
    /// Errors of single lines go to standard error with the number of the line.
    ///
    /// - Parameters:
    ///   - batchByteCount: The number of bytes that are read at once. After a request to stop, the batches in progress
    ///     are finished first.
    ///   - isOrdered: Whether a batch begins only after the one before it has ended.
    ///   - transform: Transforms a batch, without as many lines at its beginning as the number says.
    /// - Returns: The result, with the error that ended the run early.
    func run(
        batchByteCount: Int = 1 << 18,
        isOrdered: Bool = false,
        _ transform: @escaping @Sendable (LineReader.Batch, Int) async throws -> TransformedLines
    ) async -> Summary {
        Interruption.watch()
        var summary = Summary(lastLine: firstLine - 1)
        var reader = LineReader(input, batchByteCount: batchByteCount)
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
        let window = isOrdered ? 1 : 2 * ProcessInfo.processInfo.activeProcessorCount
        do {
            while !Interruption.isAsked, let batch = try reader.next() {
                let count = toSkip > 0 ? batch.lineCount : 0
                let skipped = min(toSkip, count)
                toSkip -= skipped
                if toSkip > 0 || (skipped > 0 && skipped == count) { continue }
                pending.append(Task.detached { try await transform(batch, skipped) })
                // If no more input is available, write all results now: a person or program may wait for them.
                while pending.count == window || (!pending.isEmpty && !reader.hasMore) { try await finishFirst() }
            }
            while !pending.isEmpty { try await finishFirst() }
            if toSkip > 0, !Interruption.isAsked {
                let count = firstLine - 1 - toSkip
                throw KMError(.lineMissing, "\(input.name) has \(counted(count, "line")), but no line \(firstLine)")
            }
        } catch {
            // If reading fails, still write the results of everything that was read before.
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
    /// The input ends before the first line to transform.
    static let lineMissing = Self("lineMissing")
}
