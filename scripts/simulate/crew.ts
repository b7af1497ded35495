import { Worker } from "node:worker_threads";

/** Worker threads that answer tasks, each one at a time. */
export interface Crew<Task, Answer> extends AsyncDisposable {
  /** Rejects when the thread that works on it ends. */
  ask(task: Task): Promise<Answer>;
}

interface Job<Task, Answer> {
  readonly task: Task;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** `program` answers each message that it gets with one. */
export function createCrew<Task, Answer>(program: URL, size: number): Crew<Task, Answer> {
  const jobs: Job<Task, Answer>[] = [];
  const idle: Worker[] = [];
  const workers = new Set<Worker>();
  const current = new Map<Worker, Job<Task, Answer>>();
  return {
    ask(task) {
      return new Promise((resolve, reject) => {
        jobs.push({ task, resolve, reject });
        if (idle.length === 0 && workers.size < size) idle.push(hire());
        assign();
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers].map((worker) => worker.terminate()));
    },
  };

  function assign(): void {
    for (;;) {
      const [job] = jobs;
      const worker = job === undefined ? undefined : idle.pop();
      if (job === undefined || worker === undefined) return;
      jobs.shift();
      current.set(worker, job);
      worker.postMessage(job.task);
    }
  }

  function hire(): Worker {
    const worker = new Worker(program);
    workers.add(worker);
    worker.on("message", (answer: Answer) => {
      current.get(worker)?.resolve(answer);
      current.delete(worker);
      idle.push(worker);
      assign();
    });
    worker.on("error", (error) => lose(worker, error));
    worker.on("exit", (code) => lose(worker, new Error(`a thread ended with code ${code}`)));
    return worker;
  }

  function lose(worker: Worker, error: unknown): void {
    workers.delete(worker);
    current.get(worker)?.reject(error);
    current.delete(worker);
  }
}
