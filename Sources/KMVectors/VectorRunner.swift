internal import Foundation
internal import KMPrimitives

/// Runs vector files through this package's API: those of the project's own format, which `Vectors/vectors.schema.json`
/// describes, and Wycheproof's for AES-GCM, HMAC-SHA-256 and RSA-OAEP, as they are.
///
///     for file in try VectorRunner.files(at: "Vectors") {
///         let report = VectorRunner().run(file: file)
///         print(report.file, report.passed, report.failures.count, report.skips.count)
///     }
///
/// Nothing is passed over in silence. A file with an unknown member, operation, flag or result, with a number used
/// twice, or with another number of tests than it says, does not run and counts as a failure. Of Wycheproof's tests,
/// those that ask for what this package does not take are listed with the reason, as are all of another algorithm.
public struct VectorRunner: Sendable {
    /// A runner.
    public init() {}

    /// The vector files at a path: the file itself, or those of a folder and the folders in it, in the order of their
    /// paths: all names that end in `.json`, but for schemas (`*.schema.json`, `*_schema*.json`) and hidden ones.
    ///
    /// - Throws: ``KMError`` `vectorsUnreadable` when nothing is there, or no vector file.
    public static func files(at path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw KMError(.vectorsUnreadable, "nothing is at \(path)")
        }
        guard (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil else { return [path] }
        // A link to a folder is not gone into by itself.
        let folder = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let names = FileManager.default.subpaths(atPath: folder) ?? []
        let files = names.filter(isVectorFile).sorted()
        guard !files.isEmpty else { throw KMError(.vectorsUnreadable, "no vector file is in \(path)") }
        return files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    private static func isVectorFile(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let name = parts.last, name.hasSuffix(".json"), !parts.contains(where: { $0.hasPrefix(".") }) else {
            return false
        }
        return !name.hasSuffix(".schema.json") && !name.contains("_schema")
    }

    /// The largest file that is read, in bytes.
    private static let maximumByteCount = 16 << 20

    /// Runs one file, of at most 16 MiB.
    public func run(file path: String) -> VectorReport {
        func report(_ failure: String) -> VectorReport {
            VectorReport(file: path, operation: "", failure: VectorFileError(failure))
        }
        let limit = Self.maximumByteCount
        guard let file = FileHandle(forReadingAtPath: path), let text = try? file.read(upToCount: limit + 1) else {
            return report("is empty or cannot be read")
        }
        guard text.count <= limit else { return report("has more than \(limit) bytes; split it into smaller files") }
        return run(Array(text), as: path)
    }

    /// Runs the content of a file, which the report calls `name`.
    package func run(_ text: [UInt8], as name: String) -> VectorReport {
        var report = VectorReport(file: name)
        do {
            try RepeatedMembers.refuse(in: text)
            try Self.run(Data(text), into: &report)
        } catch {
            // What ran before does not count: the file as a whole is no measure.
            report = VectorReport(file: name, operation: report.operation, failure: VectorFileError(error))
        }
        return report
    }

    private static func run(_ text: Data, into report: inout VectorReport) throws {
        let kind = try JSONDecoder().decode(FileKind.self, from: text)
        switch kind {
        case .own(let name):
            report.operation = name
            guard let operation = vectorOperations.first(where: { $0.name == name }) else {
                throw VectorFileError("operation: none that is known here")
            }
            try run(operation, text, into: &report)
        case .wycheproof(let algorithm):
            report.operation = algorithm
            guard let operation = wycheproofOperations.first(where: { $0.algorithm == algorithm }) else {
                try JSONDecoder().decode(ForeignWycheproofFile.self, from: text).skip(algorithm, into: &report)
                return
            }
            try run(operation, text, into: &report)
        }
    }

    private static func run<Operation: VectorOperation>(
        _ operation: Operation.Type,
        _ text: Data,
        into report: inout VectorReport
    ) throws {
        try JSONDecoder().decode(VectorFile<Operation>.self, from: text).run(into: &report)
    }

    private static func run<Operation: WycheproofOperation>(
        _ operation: Operation.Type,
        _ text: Data,
        into report: inout VectorReport
    ) throws {
        try JSONDecoder().decode(WycheproofFile<Operation>.self, from: text).run(into: &report)
    }
}

extension VectorReport {
    fileprivate init(file: String, operation: String, failure: VectorFileError) {
        self.init(file: file)
        self.operation = operation
        failures = [VectorFailure(id: nil, comment: "", reason: failure.description)]
    }
}
