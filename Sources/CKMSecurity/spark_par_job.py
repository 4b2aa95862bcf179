"""Replaces a column of card numbers (PANs) by their references (PARs), with Apache Spark.

    spark-submit spark_par_job.py --library /usr/local/lib/libkmsecurity.so.1 --key-file /run/keys/tokenization.key \\
        --check-value 0123456789 --column pan --format parquet INPUT OUTPUT

The library and the key file must be on every executor, at the same paths. The driver never reads the key: only the paths are in the
plan and in the tasks. Every task compares the check value of its key (see
`kmsec par key check`) with --check-value, so that an executor with another key fails instead of writing other PARs.

A PAR depends only on the PAN, the key and its version. A task that Spark repeats therefore writes the same PARs.

Without the library, give --kmsec with the path of the tool: each batch of rows is then piped through `kmsec par derive`.

It needs PySpark 4.0 or later, pandas and PyArrow.
"""

import argparse
import os
import re

# The numbers of kmsecurity.h.
SUCCESS, FAIL, BECOME_NULL = 0, 0, 1


def library_deriver(options):
    """Returns a function from a column of PANs to the column of their PARs, which calls the C library without copying a column."""
    import ctypes

    import pyarrow

    class Error(ctypes.Structure):
        _fields_ = [("status", ctypes.c_int32), ("reserved", ctypes.c_int32), ("row", ctypes.c_int64),
                    ("detail", ctypes.c_char * 496)]

    library = ctypes.CDLL(options.library)
    library.km_status_name.restype = ctypes.c_char_p
    library.km_tokenizer_free.argtypes = [ctypes.c_void_p]
    library.km_tokenizer_check_value.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p,
                                                 ctypes.c_void_p]
    library.km_par_derive_arrow.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_uint32] * 2 + [ctypes.c_void_p] * 4

    def call(name, *arguments):
        error = Error()
        if getattr(library, name)(*arguments, ctypes.byref(error)) != SUCCESS:
            raise RuntimeError(f"{library.km_status_name(error.status).decode()}: {error.detail.decode()}")

    class Tokenizer:
        def __init__(self):
            self.handle = ctypes.c_void_p()
            prefix = options.prefix.encode() if options.prefix else None
            call("km_tokenizer_create_from_file", options.key_file.encode(), ctypes.c_uint32(options.key_version), prefix,
                 ctypes.byref(self.handle))

        def __del__(self):
            library.km_tokenizer_free(self.handle)

    tokenizer = Tokenizer()
    check_value, size = ctypes.create_string_buffer(10), ctypes.c_size_t()
    call("km_tokenizer_check_value", tokenizer.handle, check_value, 10, ctypes.byref(size))
    if options.check_value.upper() != check_value.raw.decode():
        raise RuntimeError(f"the check value of {options.key_file} on this executor is not that of --check-value")

    def derive(pans):
        # An ArrowSchema has 72 bytes, and an ArrowArray 80.
        schema, array, par_schema, par_array = (ctypes.create_string_buffer(count) for count in (72, 80, 72, 80))
        addresses = [ctypes.addressof(structure) for structure in (schema, array, par_schema, par_array)]
        pans._export_to_c(addresses[1], addresses[0])
        try:
            call("km_par_derive_arrow", tokenizer.handle, *addresses[:2], options.digits,
                 BECOME_NULL if options.invalid_as_null else FAIL, *addresses[2:], None)
        finally:
            # Taking the column back releases it.
            pyarrow.Array._import_from_c(addresses[1], addresses[0])
        return pyarrow.Array._import_from_c(addresses[3], addresses[2])

    return derive


def tool_deriver(options):
    """Returns a function from a column of PANs to the column of their PARs, which pipes the PANs through the tool."""
    import subprocess

    import pyarrow

    command = [options.kmsec, "par", "derive", "--key-file", options.key_file, "--key-version", str(options.key_version),
               "--check-value", options.check_value]
    command += ["--prefix", options.prefix] if options.prefix else []
    command += ["--digits", str(options.digits)] if options.digits else []

    def derive(pans):
        texts = pans.to_pylist()
        present = [text for text in texts if text is not None]
        # A line end inside a PAN would shift all lines after it.
        # A PAN has at most 19 digits. The tool would ignore a carriage return at the end of a line.
        lines = "".join(("?" if "\n" in text or "\r" in text or len(text) > 19 else text) + "\n" for text in present)
        result = subprocess.run(command, input=lines.encode(), capture_output=True)
        pars = result.stdout.decode().split("\n")[:-1]
        if len(pars) != len(present) or (result.returncode != 0 and not (options.invalid_as_null and "" in pars)):
            # The tool's messages name lines and reasons, and no card number.
            message = result.stderr.decode(errors="replace").split("\n")[0]
            raise RuntimeError(message or f"kmsec ended with status {result.returncode}")
        rest = iter(pars)
        return pyarrow.array([None if text is None else next(rest) or None for text in texts], pyarrow.string())

    return derive


def converter(options):
    """Returns the function that Spark runs on each partition."""

    def convert(batches):
        import pyarrow

        derive = None
        for batch in batches:
            # The key is read where the rows are, and once for each partition.
            derive = derive or (library_deriver if options.library else tool_deriver)(options)
            index = batch.schema.get_field_index(options.column)
            if index < 0:
                raise RuntimeError(f"the input must have exactly one column with the name {options.column}")
            columns = list(batch.columns)
            columns[index] = derive(columns[index])
            fields = [field if place != index else pyarrow.field(options.column, pyarrow.string())
                      for place, field in enumerate(batch.schema)]
            yield pyarrow.RecordBatch.from_arrays(columns, schema=pyarrow.schema(fields))

    return convert


def parquet_parts(options):
    """Returns the parts of the input that a task converts: a file's path and the indexes of row groups, together a few million rows."""
    import pyarrow.fs
    import pyarrow.parquet

    system, path = pyarrow.fs.FileSystem.from_uri(options.input)
    files = system.get_file_info(path)
    if files.type == pyarrow.fs.FileType.NotFound:
        raise SystemExit(f"{options.input} does not exist; with --arrow it must be one file or folder, not a pattern")
    if files.type == pyarrow.fs.FileType.Directory:
        files = system.get_file_info(pyarrow.fs.FileSelector(path, recursive=True))
    else:
        files = [files]
    parts = []
    for file in sorted(files, key=lambda file: file.path):
        folders = file.path[len(path):].split("/")
        if any("=" in name for name in folders[:-1]):
            raise SystemExit("--arrow does not read partition columns, which are in the names of folders; leave it out")
        if not file.is_file or any(name.startswith(("_", ".")) for name in folders if name):
            continue
        parquet = pyarrow.parquet.ParquetFile(system.open_input_file(file.path))
        for place in range(len(parquet.schema)):
            column = parquet.schema.column(place)
            # Arrow reads these as other types, and would write those.
            kind = "INT96" if column.physical_type == "INT96" else column.logical_type.type
            if kind in ("INT96", "ENUM", "BSON", "INTERVAL", "UNKNOWN", "NULL"):
                raise SystemExit(f"--arrow would change the type of column {column.path}, {kind}; leave it out")
        fields = [field for field in parquet.schema_arrow if field.name == options.column]
        if len(fields) != 1 or str(fields[0].type) not in ("string", "large_string"):
            raise SystemExit(f"the input must have exactly one column {options.column} of type string")
        if parquet.num_row_groups == 0:
            # The output needs a file with the columns.
            parts.append((file.path, []))
        groups, rows = [], 0
        for index in range(parquet.num_row_groups):
            groups.append(index)
            rows += parquet.metadata.row_group(index).num_rows
            if rows >= 4_000_000 or index == parquet.num_row_groups - 1:
                parts.append((file.path, groups))
                groups, rows = [], 0
    if not parts:
        raise SystemExit(f"{options.input} has no Parquet files")
    return parts


def part_converter(options, parts):
    """Returns the function that replaces the column in one part for each number of a batch, and writes a file for it."""

    def convert_part(derive, number):
        import uuid

        import pyarrow.fs
        import pyarrow.parquet

        path, groups = parts[number]
        source, _ = pyarrow.fs.FileSystem.from_uri(options.input)
        target, folder = pyarrow.fs.FileSystem.from_uri(options.output)
        temporary, final = f"{folder}/_temporary/{number}-{uuid.uuid4()}", f"{folder}/part-{number:05}.parquet"
        with source.open_input_file(path) as stream:
            parquet = pyarrow.parquet.ParquetFile(stream)
            index = parquet.schema_arrow.get_field_index(options.column)
            field = parquet.schema_arrow.field(index)
            schema = parquet.schema_arrow.set(index, field.with_type(pyarrow.string()).with_nullable(True))
            codec = parquet.metadata.row_group(groups[0]).column(0).compression if groups else "SNAPPY"
            # PARs hardly repeat, so that a dictionary of them would only cost time.
            columns = [parquet.schema.column(place).path for place in range(len(parquet.schema))]
            others = [name for name in columns if name != options.column]
            rows = 0
            with target.open_output_stream(temporary) as output, \
                    pyarrow.parquet.ParquetWriter(output, schema, use_dictionary=others,
                                                  compression="none" if codec == "UNCOMPRESSED" else codec) as writer:
                # Each batch becomes a row group.
                for batch in parquet.iter_batches(1 << 20, groups):
                    columns = list(batch.columns)
                    columns[index] = derive(columns[index].cast(pyarrow.string()))
                    writer.write_batch(pyarrow.RecordBatch.from_arrays(columns, schema=schema))
                    rows += batch.num_rows
        try:
            # A task that Spark repeats replaces the file by an equal one.
            target.move(temporary, final)
        except OSError:
            # Some file systems do not replace a file. An earlier attempt may have written it.
            with target.open_input_file(final) as stream:
                if pyarrow.parquet.read_metadata(stream).num_rows != rows:
                    raise
            target.delete_file(temporary)
        return rows

    def convert(batches):
        import pyarrow

        derive = None
        for batch in batches:
            derive = derive or library_deriver(options)
            rows = [convert_part(derive, number) for number in batch.column(0).to_pylist()]
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array(rows, pyarrow.int64())], names=["rows"])

    return convert


def run_with_arrow(spark, options):
    """Converts the files in the tasks: Spark shares out the parts, and never sees a row."""
    import pyarrow.fs

    parts = parquet_parts(options)
    target, folder = pyarrow.fs.FileSystem.from_uri(options.output)
    if target.get_file_info(folder).type != pyarrow.fs.FileType.NotFound:
        raise SystemExit(f"{options.output} exists; give another folder, or remove it")
    if isinstance(target, pyarrow.fs.LocalFileSystem):
        # Of two jobs with the same output, one fails here.
        os.makedirs(folder)
    target.create_dir(f"{folder}/_temporary")
    tasks = spark.range(0, len(parts), 1, max(len(parts), 1))
    try:
        rows = tasks.mapInArrow(part_converter(options, parts), "rows long").groupBy().sum("rows").collect()[0][0]
    except BaseException:
        target.delete_dir(folder)
        raise
    target.delete_dir(f"{folder}/_temporary")
    written = target.get_file_info(pyarrow.fs.FileSelector(folder))
    if len(written) != len(parts):
        raise SystemExit(f"{options.output} has {len(written)} files instead of {len(parts)}; another program changed it")
    # As Spark does: a folder without this file is not complete.
    target.open_output_stream(f"{folder}/_SUCCESS").close()
    print(f"{rows or 0} rows written")


def main():
    parser = argparse.ArgumentParser(description="Replace a column of PANs by their PARs.")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--library", help="the path of libkmsecurity.so.1 on the executors")
    way.add_argument("--kmsec", help="the path of kmsec on the executors, to use instead of the library")
    parser.add_argument("--key-file", required=True, help="the path of the tokenization key on the executors")
    parser.add_argument("--key-version", type=int, default=1, help="the version of the key (default: 1)")
    parser.add_argument("--check-value", required=True, help="the check value of the key, from kmsec par key check")
    parser.add_argument("--prefix", help="the first characters of each PAR (default: Q1)")
    parser.add_argument("--digits", type=int, default=0, help="the number of digits that each PAN must have (default: 12 to 19)")
    parser.add_argument("--column", required=True, help="the name of the column, a string")
    parser.add_argument("--invalid-as-null", action="store_true",
                        help="replace a PAN that is not valid by null; without it, such a PAN fails the job")
    # Formats of text keep lines that cannot be read, with their card numbers, in a column of their own.
    parser.add_argument("--format", default="parquet", choices=["parquet", "orc"], help="the format of input and output (default: parquet)")
    parser.add_argument("--arrow", action="store_true",
                        help="read and write Parquet files with Arrow in each task, without Spark's rows: several times as fast. "
                        "Needs --library, files that Arrow can open on each executor, and no partition columns")
    parser.add_argument("input")
    parser.add_argument("output")
    options = parser.parse_args()
    if options.key_file.startswith("/dev/"):
        parser.error("--key-file must be a file: every task reads it, and a descriptor could be read only once")

    if options.arrow and (not options.library or options.format != "parquet"):
        parser.error("--arrow needs --library and Parquet files")

    from pyspark.sql import SparkSession
    from pyspark.sql.types import StringType

    spark = SparkSession.builder.appName("PARs").getOrCreate()
    if options.arrow:
        # Arrow needs a whole path.
        options.input, options.output = (os.path.abspath(path) if "://" not in path else path
                                         for path in (re.sub("^file:/+", "/", path) for path in (options.input, options.output)))
        run_with_arrow(spark, options)
        return spark.stop()
    frame = spark.read.format(options.format).load(options.input)
    if options.column not in frame.columns or not isinstance(frame.schema[options.column].dataType, StringType):
        parser.error(f"the input must have a column {options.column} of type string")
    frame.mapInArrow(converter(options), frame.schema).write.format(options.format).save(options.output)
    spark.stop()


if __name__ == "__main__":
    main()
