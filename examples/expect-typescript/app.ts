// A function that reads the reports in a bucket, and what has to stay so.

import { App, Stack, aws_lambda as lambda, aws_s3 as s3 } from 'aws-cdk-lib';
import { expectAllowed, expectDenied } from './crossgrant-expect.ts';

const app = new App();
const stack = new Stack(app, 'Reports', { env: { account: '111111111111', region: 'eu-west-1' } });

const lake = new s3.Bucket(stack, 'Lake');
const reader = new lambda.Function(stack, 'Reader', {
  runtime: lambda.Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => {};'),
});
lake.grantRead(reader, 'reports/*');

expectAllowed(reader, { action: 's3:GetObject*', resource: lake.arnForObjects('reports/1'), because: 'it reads the reports' });
expectDenied(reader, { action: ['s3:GetObject', 's3:PutObject'], resource: lake.arnForObjects('salaries/1') });
expectDenied(lake, { principal: 'anonymous', action: 's3:GetObject', resource: '/reports/1' });

app.synth();
