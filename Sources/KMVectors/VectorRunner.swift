internal import Foundation
internal import KMPrimitives

/// Runs test-vector files through this package's API and reports the results.
///
/// It reads files in the project's format, which `Vectors/vectors.schema.json` describes. It also reads unmodified
/// Wycheproof files for AES-GCM, HMAC-SHA-256 and RSA-OAEP.
///
///     for file in try VectorRunner.files(at: "Vectors") {
///         let report = VectorRunner().run(file: file)
///         print(report.file, report.passed, report.failures.count, report.skips.count)
///     }
///
/// The runner never ignores anything silently. A file does not run, and counts as one failure, when it has an unknown
/// member, operation, flag or result, a duplicate test id, or a number of tests that differs from `numberOfTests`. The
/// report lists, with the reason, each Wycheproof test that this package does not support, and all tests of other
/// algorithms.
public struct VectorRunner: Sendable {
    /// Creates a runner.
    public init() {}

    /// Returns the paths of the vector files at a path.
    ///
    /// For a file, the result is the path itself. For a folder, the result has the files in it and in its subfolders,
    /// sorted by path: all names that end in `.json`, except schemas (`*.schema.json`, `*_schema*.json`), hidden files
    /// and files in hidden folders.
    ///
    /// - Parameter path: The path of a file or folder.
    /// - Returns: The paths of the vector files.
    /// - Throws: ``KMError`` `vectorsUnreadable` when the path does not exist, or when the folder has no vector file.
    public static func files(at path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw KMError(.vectorsUnreadable, "\(path) does not exist; name a vector file or a folder")
        }
        guard (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil else { return [path] }
        // `subpaths(atPath:)` does not follow a symbolic link, so resolve it first.
        let folder = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let names = FileManager.default.subpaths(atPath: folder) ?? []
        let files = names.filter(isVectorFile).sorted()
        guard !files.isEmpty else {
            throw KMError(.vectorsUnreadable, "no vector file in \(path); expected at least one name ending in .json")
        }
        return files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    private static func isVectorFile(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let name = parts.last, name.hasSuffix(".json"), !parts.contains(where: { $0.hasPrefix(".") }) else {
            return false
        }
        return !name.hasSuffix(".schema.json") && !name.contains("_schema")
    }

    /// The maximum size of a file, in bytes.
    private static let maximumByteCount = 16 << 20

    /// Runs the tests of one file.
    ///
    /// - Parameter path: The path of the file, which must have at most 16 MiB.
    /// - Returns: The report. An unreadable or invalid file is reported as one failure without an id.
    public func run(file path: String) -> VectorReport {
        func report(_ failure: String) -> VectorReport {
            VectorReport(file: path, operation: "", failure: VectorFileError(failure))
        }
        let limit = Self.maximumByteCount
        guard let file = FileHandle(forReadingAtPath: path), let text = try? file.read(upToCount: limit + 1) else {
            return report("the file is empty or cannot be read")
        }
        guard text.count <= limit else { return report("the file has more than \(limit) bytes; split it") }
        return run(Array(text), as: path)
    }

    /// Runs the tests in the content of a file; the report names the file `name`.
    package func run(_ text: [UInt8], as name: String) -> VectorReport {
        var report = VectorReport(file: name)
        do {
            try DuplicateMembers.reject(in: text)
            try Self.run(Data(text), into: &report)
        } catch {
            // Discard the results so far: the file as a whole is invalid.
            report = VectorReport(file: name, operation: report.operation, failure: VectorFileError(error))
        }
        return report
    }

    private static func run(_ text: Data, into report: inout VectorReport) throws {
        let format = try JSONDecoder().decode(VectorFileFormat.self, from: text)
        switch format {
        case .own(let name):
            report.operation = name
            guard let operation = vectorOperations.first(where: { $0.name == name }) else {
                throw VectorFileError("operation: unknown; Vectors/README.md lists the known operations")
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
