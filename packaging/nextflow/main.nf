// Scrub one folder of DICOM. Exit code 2 (something was held) is no failure of the process: what was
// held, and why, is in the private folder.
process PIXELSCRUB_SCRUB {
    tag "$meta.id"
    label 'process_medium'
    container 'pixelscrub:latest'

    input:
    tuple val(meta), path(dicom, stageAs: 'input/*')
    path key
    val recipe

    output:
    tuple val(meta), path("${prefix}")          , emit: dicom, optional: true
    tuple val(meta), path("${prefix}-private")  , emit: private_folder
    tuple val(meta), path("${prefix}.json")     , emit: statement, optional: true
    path 'versions.yml'                         , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    prefix = task.ext.prefix ?: "${meta.id}"
    def args = task.ext.args ?: ''
    """
    pixelscrub scrub input -o ${prefix} --key ${key} --recipe ${recipe} --workers ${task.cpus} ${args} || [ \$? -eq 2 ]
    if [ -d ${prefix} ]; then pixelscrub statement ${prefix} --json ${prefix}.json; fi

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        pixelscrub: \$(pixelscrub --version)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix} ${prefix}-private
    echo '{}' > ${prefix}.json
    echo '"${task.process}": {pixelscrub: stub}' > versions.yml
    """
}
