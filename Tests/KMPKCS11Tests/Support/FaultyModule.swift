#if PKCS11
import Foundation

/// PKCS#11 modules with one fault each, which the tests compile.
enum FaultyModule {
    /// The body of `C_Initialize`, or nil for a library that is no module.
    static func compile(_ initialize: String?, count: Int = 0) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("km-faulty-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = folder.appendingPathComponent("module.c")
        let library = folder.appendingPathComponent("module.so")
        let text = """
            #include <stdlib.h>
            #include <unistd.h>
            typedef unsigned long rv;
            \(initialize.map { body in
            """
            static rv initialize(void *arguments) { (void)arguments; \(body) }
            static rv finalize(void *reserved) { (void)reserved; return 0; }
            static struct { unsigned char major, minor; void *functions[68]; } list;
            rv C_GetFunctionList(void **out) {
                list.major = 2; list.minor = 40;
                list.functions[0] = (void *)initialize; list.functions[1] = (void *)finalize;
                *out = &list;
                return 0;
            }
            """
            } ?? "int nothing;")
            """
        try text.write(to: source, atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-o", library.path, source.path]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw TestTokens.Failure(description: "cc failed") }
        return library.path
    }
}
#endif
